import queue
import socket
import threading

ADDRESS = ("", 65433)


class Guest(threading.Thread):
    """Reads from one client; another thread writes what waits in its outbox."""

    def __init__(self, hall, connection, peer):
        super().__init__(daemon=True)
        self.hall = hall
        self.connection = connection
        self.nick = "%s:%d" % peer
        self.outbox = queue.Queue()

    def write(self):
        while True:
            text = self.outbox.get()
            if text is None:
                break
            try:
                self.connection.sendall(text.encode() + b"\n")
            except OSError:
                break
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()

    def run(self):
        threading.Thread(target=self.write, daemon=True).start()
        entered = False
        try:
            with self.connection.makefile("rb") as lines:
                first = lines.readline()
                if first.endswith(b"\n"):
                    self.nick = first.decode("utf-8", "replace").strip() or self.nick
                    entered = True
                    self.hall.enter(self)
                    for raw in lines:
                        if not raw.endswith(b"\n") or not self.obey(raw.decode("utf-8", "replace").rstrip("\r\n")):
                            break
        except OSError:
            pass
        if entered:
            self.hall.leave(self)
        self.outbox.put(None)

    def obey(self, line):
        if line.strip().upper() == "EXIT":
            self.hall.tell("DONE")
            return False
        words = line.split(None, 1)
        if words[:1] == ["/name"]:
            if len(words) == 2:
                self.hall.rename(self, words[1].strip())
            return True
        self.hall.tell("%s: %s" % (self.nick, line), self)
        return True


class Hall:
    def __init__(self):
        self.guests = []
        self.lock = threading.Lock()

    def tell(self, text, but=None):
        with self.lock:
            for guest in self.guests:
                if guest is not but:
                    guest.outbox.put(text)

    def enter(self, guest):
        with self.lock:
            self.guests.append(guest)
        self.tell("SERVER: %s has joined the chat." % guest.nick, guest)

    def leave(self, guest):
        with self.lock:
            self.guests.remove(guest)
        self.tell("SERVER: %s has left the chat." % guest.nick)

    def rename(self, guest, nick):
        old, guest.nick = guest.nick, nick
        self.tell("SERVER: %s is now %s" % (old, nick), guest)


def main():
    hall = Hall()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(ADDRESS)
        listener.listen(50)
        print("the hall is open")
        while True:
            Guest(hall, *listener.accept()).start()


if __name__ == "__main__":
    main()
