import socket
import threading


class Hub:
    """Everybody who is in the chat: a dict from connection to nickname."""

    def __init__(self):
        self.members = {}
        self.mutex = threading.Lock()

    def enter(self, connection, nickname):
        with self.mutex:
            self.members[connection] = nickname
        self.spread("SERVER: %s has joined the chat." % nickname, connection)

    def drop(self, connection):
        with self.mutex:
            if connection in self.members:
                del self.members[connection]
                connection.close()

    def spread(self, text, origin=None):
        packet = text.encode("utf-8") + b"\n"
        with self.mutex:
            for connection in list(self.members):
                if connection is origin:
                    continue
                try:
                    connection.sendall(packet)
                except OSError:
                    self.drop(connection)


class Splitter:
    """Collects bytes and hands out whole lines."""

    def __init__(self, connection):
        self.connection = connection
        self.stored = bytearray()

    def more(self):
        """A list of lines (may be empty), or None after the end."""
        try:
            block = self.connection.recv(1024)
        except OSError:
            return None
        if not block:
            return None
        self.stored += block
        if b"\n" not in block:
            return []
        *whole, self.stored = self.stored.split(b"\n")
        return [part.decode("utf-8", errors="replace").rstrip("\r") for part in whole]


hub = Hub()


def attend(connection, origin):
    splitter = Splitter(connection)
    lines = []
    while not lines:
        lines = splitter.more()
        if lines is None:
            connection.close()
            return
    nickname = lines[0].strip() or str(origin)
    hub.enter(connection, nickname)
    try:
        talk(connection, nickname, splitter)
    finally:
        hub.drop(connection)
        hub.spread("SERVER: %s has left the chat." % nickname)


def talk(connection, nickname, splitter):
    lines = splitter.more()
    while lines is not None:
        for line in lines:
            if line.strip().upper() == "EXIT":
                try:
                    connection.sendall(b"DONE\n")
                except OSError:
                    pass
                return
            hub.spread("%s: %s" % (nickname, line), connection)
        lines = splitter.more()


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as entrance:
        entrance.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        entrance.bind(("0.0.0.0", 65433))
        entrance.listen()
        print("Listening on port 65433")
        while True:
            pair = entrance.accept()
            threading.Thread(target=attend, args=pair, daemon=True).start()


if __name__ == "__main__":
    main()
