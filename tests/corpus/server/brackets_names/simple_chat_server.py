"""Chat server with one thread and a selector."""
import selectors
import socket

PORT = 65433


class Conn:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.nick = None
        self.inbuf = bytearray()
        self.outbuf = bytearray()
        self.closing = False


class Server:
    def __init__(self):
        self.sel = selectors.DefaultSelector()
        self.conns = []

    def post(self, text, but=None):
        for c in self.conns:
            if c is not but and c.nick is not None and not c.closing:
                self.queue(c, text)

    def queue(self, c, text):
        c.outbuf += text.encode("utf-8") + b"\n"
        self.sel.modify(c.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, c)

    def accept(self, listener):
        sock, addr = listener.accept()
        sock.setblocking(False)
        c = Conn(sock, addr)
        self.conns.append(c)
        self.sel.register(sock, selectors.EVENT_READ, c)

    def drop(self, c):
        if c not in self.conns:
            return
        self.conns.remove(c)
        self.sel.unregister(c.sock)
        c.sock.close()
        if c.nick is not None and not c.closing:
            self.post(f"SERVER: {c.nick} has left the chat.")

    def readable(self, c):
        try:
            data = c.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(c)
            return
        if c.closing:
            return
        c.inbuf += data
        if b"\n" in data:
            *lines, rest = c.inbuf.split(b"\n")
            c.inbuf = rest
            for raw in lines:
                self.line(c, raw.decode("utf-8", "replace").rstrip("\r"))
                if c.closing:
                    break

    def line(self, c, text):
        if c.nick is None:
            c.nick = text.strip() or f"user-{c.addr[1]}"
            self.post(f"SERVER: {c.nick} has joined the chat.", c)
        elif text.strip().upper() == "EXIT":
            self.queue(c, "DONE")
            c.closing = True
            self.post(f"SERVER: {c.nick} has left the chat.")
        elif text.split(" ")[0] == "/name":
            new = text[5:].strip()
            if new:
                self.post(f"SERVER: {c.nick} is now {new}")
                c.nick = new
        else:
            self.post(f"[{c.nick}] {text}", c)

    def writable(self, c):
        try:
            n = c.sock.send(c.outbuf[:262144])
        except BlockingIOError:
            return
        except OSError:
            self.drop(c)
            return
        del c.outbuf[:n]
        if not c.outbuf:
            if c.closing:
                self.drop(c)
            else:
                self.sel.modify(c.sock, selectors.EVENT_READ, c)

    def run(self):
        listener = socket.create_server(("0.0.0.0", PORT), backlog=100)
        self.sel.register(listener, selectors.EVENT_READ, None)
        while True:
            for key, what in self.sel.select():
                if key.data is None:
                    self.accept(listener)
                    continue
                if what & selectors.EVENT_WRITE:
                    self.writable(key.data)
                if what & selectors.EVENT_READ and key.data in self.conns:
                    self.readable(key.data)


Server().run()
