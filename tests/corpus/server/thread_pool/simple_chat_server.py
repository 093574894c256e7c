import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

POOL_SIZE = 128


class ChatPool:
    def __init__(self, port):
        self.port = port
        self.names = {}
        self.lock = Lock()     # for names AND for sending

    def start(self):
        with socket.create_server(("0.0.0.0", self.port), backlog=POOL_SIZE) as main_sock, \
                ThreadPoolExecutor(max_workers=POOL_SIZE) as pool:
            print("pool of", POOL_SIZE, "is ready")
            while True:
                c, a = main_sock.accept()
                pool.submit(self.work, c, a)

    def work(self, c, a):
        try:
            with c:
                self.serve(c, a)
        except Exception as e:
            print("problem with", a, e)

    def serve(self, c, a):
        stream = self.split(c)
        name = next(stream, None)
        if name is None:
            return
        name = name.strip() or "user" + str(a[1])
        with self.lock:
            self.names[c] = name
            self.spread(f"SERVER: {name} has joined the chat.", c)
        try:
            for msg in stream:
                if msg.strip().upper() == "EXIT":
                    with self.lock:
                        self.transmit(c, "DONE")
                    return
                with self.lock:
                    self.message(c, msg)
        finally:
            with self.lock:
                name = self.names.pop(c)
                self.spread(f"SERVER: {name} has left the chat.", None)
                c.close()

    def message(self, c, msg):
        if msg.rstrip() == "/name":
            return
        if not msg.startswith("/name "):
            self.spread(f"{self.names[c]}: {msg}", c)
            return
        new_name = msg.split(" ", 1)[1].strip()
        self.spread(f"SERVER: {self.names[c]} is now {new_name}", None)
        self.names[c] = new_name

    # the caller has to hold self.lock for these two
    def spread(self, msg, sender):
        for other in self.names:
            if other != sender:
                self.transmit(other, msg)

    def transmit(self, c, msg):
        try:
            c.sendall(bytes(msg + "\n", "utf-8"))
        except OSError:
            pass

    def split(self, c):
        parts = []
        while True:
            try:
                data = c.recv(4096)
            except OSError:
                return
            if not data:
                return
            while data:
                head, newline, data = data.partition(b"\n")
                parts.append(head)
                if newline:
                    yield b"".join(parts).decode("utf-8", "replace").rstrip("\r")
                    parts = []


ChatPool(65433).start()
