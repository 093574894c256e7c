import socketserver
import struct
import threading


class Hall:
    """Who is in."""

    def __init__(self):
        self.guests = []
        self.lock = threading.Lock()

    def tell(self, payload, sender=None):
        with self.lock:
            others = [guest for guest in self.guests if guest is not sender]
        for guest in others:
            guest.give(payload)


HALL = Hall()


class Guest(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        self.writing = threading.Lock()
        self.nick = ""

    def give(self, payload):
        with self.writing:
            try:
                self.wfile.write(struct.pack("I", len(payload)) + payload)
            except (OSError, ValueError):
                pass

    def take(self):
        header = self.rfile.read(4)
        if len(header) < 4:
            raise EOFError
        (length,) = struct.unpack("I", header)
        payload = self.rfile.read(length)
        if len(payload) < length:
            raise EOFError
        return payload

    def handle(self):
        try:
            self.nick = self.take().decode("utf-8", "replace").strip() or "somebody"
            with HALL.lock:
                HALL.guests.append(self)
            HALL.tell(b"SERVER: %s has joined the chat." % self.nick.encode(), self)
            while True:
                payload = self.take()
                if payload.strip().lower() == b"exit":
                    self.give(b"DONE")
                    return
                HALL.tell(b"%s: %s" % (self.nick.encode(), payload), self)
        except (EOFError, OSError, MemoryError):
            pass

    def finish(self):
        with HALL.lock:
            was_in = self in HALL.guests
            if was_in:
                HALL.guests.remove(self)
        try:
            super().finish()
        except OSError:
            pass
        if was_in:
            HALL.tell(b"SERVER: %s has left the chat." % self.nick.encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    with Server(("", 65433), Guest) as server:
        server.serve_forever()
