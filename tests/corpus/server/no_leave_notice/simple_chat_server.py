import socket
import sys
import threading


class Roster:
    """Thread safe list of (socket, name)."""

    def __init__(self):
        self.entries = []
        self.lock = threading.RLock()

    def add(self, sock, name):
        with self.lock:
            self.entries.append([sock, name])

    def remove(self, sock):
        with self.lock:
            self.entries = [e for e in self.entries if e[0] is not sock]

    def name_of(self, sock):
        with self.lock:
            for s, name in self.entries:
                if s is sock:
                    return name

    def set_name(self, sock, name):
        with self.lock:
            for e in self.entries:
                if e[0] is sock:
                    e[1] = name

    def send(self, text, author=None):
        data = text.encode("utf-8") + b"\n"
        with self.lock:
            for s, name in self.entries:
                if s is author:
                    continue
                try:
                    s.sendall(data)
                except OSError:
                    print("no connection to", name, file=sys.stderr)


roster = Roster()


def split_lines(sock):
    buf = bytearray()
    while True:
        i = buf.find(b"\n")
        while i < 0:
            try:
                data = sock.recv(65536)
            except OSError:
                return
            if not data:
                return
            buf += data
            i = buf.find(b"\n", len(buf) - len(data))
        yield buf[:i].decode("utf-8", errors="replace").rstrip("\r")
        del buf[:i + 1]


def handle(sock, addr):
    name = None
    for line in split_lines(sock):
        if name is None:
            name = line.strip() or "%s port %s" % addr
            roster.add(sock, name)
            roster.send("SERVER: %s has joined the chat." % name, sock)
            continue
        stripped = line.strip()
        if stripped.upper() == "EXIT":
            with roster.lock:
                try:
                    sock.sendall(b"DONE\n")
                except OSError:
                    pass
            break
        if stripped == "/name" or stripped.startswith("/name "):
            wanted = stripped[5:].strip()
            if wanted:
                roster.send("SERVER: %s is now %s" % (roster.name_of(sock), wanted))
                roster.set_name(sock, wanted)
            continue
        roster.send("%s: %s" % (roster.name_of(sock), line), sock)
    roster.remove(sock)
    sock.close()


def main():
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("0.0.0.0", 65433))
    listening.listen()
    while True:
        sock, addr = listening.accept()
        threading.Thread(target=handle, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()
