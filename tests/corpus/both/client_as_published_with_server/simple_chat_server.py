# Chat server: for each user one thread that reads and one that writes.
# The reading threads never touch somebody else's socket, they only put
# text into the other users' queues.

import queue
import socket
import threading

MAX_WAITING = 50000
users = {}                 # socket -> User
users_guard = threading.Lock()


class User(threading.Thread):
    def __init__(self, link, peer):
        super().__init__(daemon=True)
        self.link = link
        self.nick = "%s_%s" % peer[:2]
        self.mail = queue.Queue(MAX_WAITING)
        self.writer = threading.Thread(target=self.write_loop, daemon=True)

    def post(self, text):
        try:
            self.mail.put_nowait(text)
        except queue.Full:
            self.hang_up()      # far too slow, throw it out

    def hang_up(self):
        try:
            self.link.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def write_loop(self):
        while True:
            text = self.mail.get()
            if text is None:
                break
            try:
                self.link.sendall((text + "\n").encode("utf-8"))
            except OSError:
                self.hang_up()
                break

    def run(self):
        self.writer.start()
        known = False
        wants_out = False
        data = bytearray()
        try:
            while not wants_out:
                piece = self.link.recv(16384)
                if not piece:
                    break
                data += piece
                if b"\n" not in piece:
                    continue
                *ready, rest = data.split(b"\n")
                data = rest
                for r in ready:
                    text = r.decode("utf-8", "replace").rstrip("\r")
                    if not known:
                        known = True
                        self.enter(text.strip())
                    elif text.strip().upper() == "EXIT":
                        wants_out = True
                        break
                    else:
                        self.on_text(text)
        except OSError:
            pass
        if known:
            with users_guard:
                del users[self.link]
            to_everyone("SERVER: " + self.nick + " has left the chat.")
        if wants_out:
            self.post("DONE")
            self.post(None)
            self.writer.join(10)
        self.hang_up()
        try:
            self.mail.put_nowait(None)
        except queue.Full:
            pass
        self.writer.join()
        self.link.close()

    def enter(self, nick):
        if nick:
            self.nick = nick
        with users_guard:
            users[self.link] = self
        to_everyone("SERVER: " + self.nick + " has joined the chat.", self)

    def on_text(self, text):
        parts = text.split(None, 1)
        if text.startswith("/name") and parts[0] == "/name":
            if len(parts) == 2:
                was = self.nick
                self.nick = parts[1].strip()
                to_everyone("SERVER: " + was + " is now " + self.nick)
        else:
            to_everyone(self.nick + ": " + text, self)


def to_everyone(text, skip=None):
    with users_guard:
        for u in users.values():
            if u is not skip:
                u.post(text)


if __name__ == "__main__":
    srv = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    srv.bind(("0.0.0.0", 65433))
    srv.listen(64)
    while 1:
        User(*srv.accept()).start()
