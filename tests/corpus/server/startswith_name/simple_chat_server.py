import queue
import socketserver
import threading


class Lobby:
    def __init__(self):
        self._lock = threading.Lock()
        self._queues = {}

    def open(self, handler):
        with self._lock:
            self._queues[handler] = handler.out

    def close(self, handler):
        with self._lock:
            return self._queues.pop(handler, None) is not None

    def publish(self, text, author):
        data = text.encode("utf-8") + b"\n"
        with self._lock:
            for handler, q in self._queues.items():
                if handler is not author:
                    q.put(data)


lobby = Lobby()


class Handler(socketserver.BaseRequestHandler):
    def setup(self):
        self.out = queue.Queue()
        self.tail = bytearray()
        self.name = None

    def deliver(self):
        for data in iter(self.out.get, None):
            try:
                self.request.sendall(data)
            except OSError:
                break

    def lines(self):
        while True:
            try:
                data = self.request.recv(32768)
            except OSError:
                return
            if not data:
                return
            self.tail += data
            if b"\n" not in data:
                continue
            *full, self.tail = self.tail.split(b"\n")
            for line in full:
                yield line.decode("utf-8", "replace").rstrip("\r")

    def handle(self):
        for line in self.lines():
            if self.name is None:
                self.name = line.strip() or "%s port %d" % self.client_address
                self.delivery = threading.Thread(target=self.deliver, daemon=True)
                self.delivery.start()
                lobby.open(self)
                lobby.publish("SERVER: %s has joined the chat." % self.name, self)
            elif line.strip().upper() == "EXIT":
                self.out.put(b"DONE\n")
                return
            elif line.startswith("/name"):
                new = line[5:].strip()
                if new:
                    lobby.publish("SERVER: %s is now %s" % (self.name, new), self)
                    self.name = new
            else:
                lobby.publish("%s: %s" % (self.name, line), self)

    def finish(self):
        if lobby.close(self):
            lobby.publish("SERVER: %s has left the chat." % self.name, self)
            self.out.put(None)
            self.delivery.join(timeout=10)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50


def main():
    server = Server(("0.0.0.0", 65433), Handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
