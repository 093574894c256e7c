import socket
import threading

END = "\r\n"          # like telnet wants it

class Chatter(object):

    everyone = []
    busy = threading.RLock()

    def __init__(self, sock, nr):
        self.sock = sock
        self.nr = nr
        self.nick = None
        self.active = True

    # ---- sending
    def hear(self, line):
        try:
            self.sock.sendall((line + END).encode("utf8"))
        except OSError:
            self.active = False

    @classmethod
    def all_hear(cls, line, speaker=None):
        with cls.busy:
            for c in cls.everyone:
                if c is not speaker and c.active:
                    c.hear(line)

    # ---- receiving
    def listen(self):
        stock = bytearray()
        while self.active:
            try:
                more = self.sock.recv(2048)
            except OSError:
                break
            if more == b"":
                break
            stock += more
            while True:
                i = stock.find(b"\n")
                if i == -1:
                    break
                line = stock[:i].decode("utf8", "replace")
                del stock[:i + 1]
                line = line.rstrip("\r")
                if self.nick is None:
                    self.arrive(line.strip())
                else:
                    self.obey(line)
                if not self.active:
                    break
        self.depart()

    def arrive(self, nick):
        if not nick:
            nick = "chatter" + str(self.nr)
        with self.busy:
            self.nick = nick
            self.everyone.append(self)
            self.all_hear("SERVER: " + nick + " has joined the chat.", self)

    def obey(self, line):
        with self.busy:
            if line.strip().upper() == "EXIT":
                self.hear("DONE")
                self.active = False
            elif line[:6] == "/name " or line == "/name":
                n = line[6:].strip()
                if n:
                    self.all_hear("SERVER: " + self.nick + " is now " + n)
                    self.nick = n
            else:
                self.all_hear(self.nick + ": " + line, self)

    def depart(self):
        with self.busy:
            self.active = False
            if self in self.everyone:
                self.everyone.remove(self)
                self.all_hear("SERVER: " + self.nick + " has left the chat.")
            self.sock.close()


def accept_forever():
    srv = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    srv.bind(("0.0.0.0", 65433))
    srv.listen(16)
    nr = 0
    while True:
        sock, _ = srv.accept()
        nr += 1
        threading.Thread(target=Chatter(sock, nr).listen, daemon=True).start()

accept_forever()
