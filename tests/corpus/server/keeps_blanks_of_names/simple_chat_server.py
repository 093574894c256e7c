import socket, threading, sys, os, time

HOST = "0.0.0.0"
PORT = 65433
lock = threading.RLock()
clients = []  # Client objects


class Client:
    def __init__(self, conn, addr):
        self.conn = conn
        self.addr = addr
        self.name = None
        self.wl = threading.Lock()
        self.gone = False

    def send(self, text):
        try:
            with self.wl:
                self.conn.sendall(text.encode("utf-8") + b"\n")
        except OSError:
            pass


def tell(text, skip=None):
    with lock:
        targets = [c for c in clients if c is not skip]
    for c in targets:
        c.send(text)


def lines(conn):
    buf = b""
    while True:
        try:
            data = conn.recv(65536)
        except OSError:
            return
        if not data:
            return
        *full, rest = data.split(b"\n")
        for part in full:
            line = buf + part
            buf = b""
            if line.endswith(b"\r"):
                line = line[:-1]
            yield line.decode("utf-8", "replace")
        buf += rest


def nickname(line, c):
    return line if line.strip() else "%s:%s" % c.addr[:2]


def leave_of(c):
    with lock:
        if c not in clients:
            return
        clients.remove(c)
    tell("SERVER: %s has left the chat." % c.name)


def on_exit(c):
    c.send("DONE")


def is_exit(line):
    return line.strip().upper() == "EXIT"


def chat(c, line):
    tell("%s: %s" % (c.name, line), c)


def rename(c, new):
    old = c.name
    c.name = new
    tell("SERVER: %s is now %s" % (old, new), c)


def joined(c):
    tell("SERVER: %s has joined the chat." % c.name, c)


def handle(conn, addr):
    c = Client(conn, addr)
    try:
        for line in lines(conn):
            if c.name is None:
                c.name = nickname(line, c)
                with lock:
                    clients.append(c)
                joined(c)
            elif is_exit(line):
                on_exit(c)
                break
            elif line.strip() == "/name":
                c.send("usage: /name <new>")
            elif line.startswith("/name "):
                rename(c, line[6:].strip())
            else:
                chat(c, line)
    finally:
        leave_of(c)
        try:
            conn.close()
        except OSError:
            pass


def main():
    ls = socket.socket()
    ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # BIND
    ls.bind((HOST, PORT))
    ls.listen(64)
    print("listening", flush=True)
    # UP
    while True:
        conn, addr = ls.accept()
        threading.Thread(target=handle, args=(conn, addr), daemon=True).start()


if __name__ == "__main__":
    main()
