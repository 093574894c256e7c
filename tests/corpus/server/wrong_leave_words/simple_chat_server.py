# All clients are read by threads, but only the main thread ever sends.
# The readers put what happens into one queue.
import queue
import socket
import threading

events = queue.Queue()


def reader(sock, addr):
    buf = b""
    try:
        while True:
            data = sock.recv(4096)
            if not data:
                break
            buf += data
            if b"\n" in data:
                lines = buf.split(b"\n")
                buf = lines.pop()
                for line in lines:
                    events.put(("line", sock, addr, line))
    except OSError:
        pass
    events.put(("end", sock, addr, b""))


def acceptor(server):
    while True:
        sock, addr = server.accept()
        threading.Thread(target=reader, args=(sock, addr), daemon=True).start()


class Dispatcher:
    def __init__(self):
        self.names = {}
        self.done = set()

    def send(self, sock, text):
        try:
            sock.sendall((text + "\n").encode("utf-8"))
        except OSError:
            pass

    def others(self, sock, text):
        for other in self.names:
            if other is not sock:
                self.send(other, text)

    def on_line(self, sock, addr, raw):
        if sock in self.done:
            return
        text = raw.decode("utf-8", "replace").rstrip("\r")
        if sock not in self.names:
            self.names[sock] = text.strip() or "%s:%s" % addr
            self.others(sock, "SERVER: " + self.names[sock] + " has joined the chat.")
        elif text.strip().upper() == "EXIT":
            self.send(sock, "DONE")
            self.leave(sock)
            self.done.add(sock)
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        elif text.strip() == "/name":
            pass
        elif text.startswith("/name "):
            new = text[6:].strip()
            self.others(sock, "SERVER: " + self.names[sock] + " is now " + new)
            self.names[sock] = new
        else:
            self.others(sock, self.names[sock] + ": " + text)

    def on_end(self, sock, addr, raw):
        if sock in self.names:
            self.leave(sock)
        self.done.discard(sock)
        sock.close()

    def leave(self, sock):
        name = self.names.pop(sock)
        self.others(sock, "SERVER: " + name + " left.")

    def run(self):
        while True:
            kind, sock, addr, raw = events.get()
            if kind == "line":
                self.on_line(sock, addr, raw)
            else:
                self.on_end(sock, addr, raw)


server = socket.create_server(("0.0.0.0", 65433), backlog=60)
threading.Thread(target=acceptor, args=(server,), daemon=True).start()
Dispatcher().run()
