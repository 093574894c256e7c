import socket
import threading

LISTEN_ON = ("0.0.0.0", 65433)

sessions = set()
sessions_lock = threading.RLock()


class Session(threading.Thread):

    def __init__(self, conn, peer):
        super().__init__(daemon=True)
        self.conn = conn
        self.peer = peer
        self.nickname = None

    def run(self):
        incomplete = bytearray()
        try:
            while True:
                received = self.conn.recv(4096)
                if not received:
                    break
                incomplete += received
                if not self.eat(incomplete):
                    break
        except OSError:
            pass
        finally:
            self.quit()

    def eat(self, incomplete):
        """Handles the complete lines. False: the client wants to go."""
        while True:
            line, newline, rest = incomplete.partition(b"\n")
            if not newline:
                return True
            incomplete[:] = rest
            text = line.decode("utf-8", "replace")
            if self.nickname is None:
                self.join(text.strip())
            elif text.strip().upper() == "EXIT":
                self.put("DONE")
                return False
            else:
                self.said(text)

    def join(self, nickname):
        self.nickname = nickname or "no name (%s:%d)" % self.peer
        with sessions_lock:
            sessions.add(self)
            self.to_others("SERVER: %s has joined the chat." % self.nickname)

    def said(self, text):
        if text.strip() == "/name":
            return
        if text.startswith("/name "):
            new = text[6:].strip()
            with sessions_lock:
                self.to_others("SERVER: %s is now %s" % (self.nickname, new))
                self.nickname = new
            return
        self.to_others("%s: %s" % (self.nickname, text))

    def quit(self):
        with sessions_lock:
            if self in sessions:
                sessions.remove(self)
                self.to_others("SERVER: %s has left the chat." % self.nickname)
            self.conn.close()

    def put(self, text):
        with sessions_lock:
            try:
                self.conn.sendall(text.encode("utf-8") + b"\n")
            except OSError:
                pass

    def to_others(self, text):
        with sessions_lock:
            for s in sessions:
                if s is not self:
                    s.put(text)


def main():
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(LISTEN_ON)
    door.listen(64)
    while True:
        conn, peer = door.accept()
        Session(conn, peer).start()


main()
