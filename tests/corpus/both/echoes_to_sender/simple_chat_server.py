from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import RLock

ADDRESS = ("0.0.0.0", 65433)


class Chatter(BaseRequestHandler):
    everyone = {}
    lock = RLock()

    def setup(self):
        self.buffer = bytearray()
        self.nick = None

    def handle(self):
        first = self.line()
        if first is None:
            return
        self.nick = first.strip() or "Guest-%s" % self.client_address[1]
        with self.lock:
            self.everyone[self.client_address] = self
            self.broadcast("SERVER: %s has joined the chat." % self.nick, [self])
        while True:
            line = self.line()
            if line is None:
                return
            if line.strip().upper() == "EXIT":
                with self.lock:
                    self.send("DONE")
                return
            self.obey(line)

    def obey(self, line):
        first, _, rest = line.strip().partition(" ")
        if first != "/name":
            self.broadcast("%s: %s" % (self.nick, line))
        elif rest:
            with self.lock:
                old = self.nick
                self.nick = rest.strip()
                self.broadcast("SERVER: %s is now %s" % (old, self.nick), [self])

    def finish(self):
        if self.nick is None:
            return
        with self.lock:
            del self.everyone[self.client_address]
            self.broadcast("SERVER: %s has left the chat." % self.nick)

    def send(self, text):
        try:
            self.request.sendall(text.encode("utf-8") + b"\n")
        except OSError:
            pass

    def broadcast(self, text, leave_out=()):
        with self.lock:
            for chatter in self.everyone.values():
                if chatter not in leave_out:
                    chatter.send(text)

    def line(self):
        found = self.buffer.find(b"\n")
        while found < 0:
            old_length = len(self.buffer)
            try:
                self.buffer += self.request.recv(4096)
            except OSError:
                return None
            if len(self.buffer) == old_length:
                return None
            found = self.buffer.find(b"\n", old_length)
        text = self.buffer[:found].decode("utf-8", "replace")
        del self.buffer[:found + 1]
        return text[:-1] if text.endswith("\r") else text


class Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 50


if __name__ == "__main__":
    print("chat on %s:%d" % ADDRESS)
    Server(ADDRESS, Chatter).serve_forever()
