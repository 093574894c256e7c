"""Every client has a queue of what it shall get, and a thread that sends it: whole frames never meet."""
import queue
import socket
import struct
import threading

HEADER = struct.Struct(">L")


class Client:
    everyone = set()
    guard = threading.Lock()

    def __init__(self, sock):
        self.sock = sock
        self.outbox = queue.Queue()
        self.nick = ""

    def start(self):
        threading.Thread(target=self.writer, daemon=True).start()
        threading.Thread(target=self.reader, daemon=True).start()

    def exactly(self, count):
        data = bytearray()
        while len(data) < count:
            more = self.sock.recv(min(1 << 17, count - len(data)))
            if not more:
                raise EOFError("gone")
            data.extend(more)
        return bytes(data)

    def next_payload(self):
        length = HEADER.unpack(self.exactly(HEADER.size))
        return self.exactly(length)

    def writer(self):
        while True:
            payload = self.outbox.get()
            if payload is None:
                break
            try:
                self.sock.sendall(HEADER.pack(len(payload)) + payload)
            except OSError:
                break
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def reader(self):
        try:
            self.nick = self.next_payload().decode(errors="replace").strip() or "Guest"
            with Client.guard:
                Client.everyone.add(self)
            self.spread(f"SERVER: {self.nick} has joined the chat.".encode())
            while True:
                payload = self.next_payload()
                if payload.strip().upper() == b"EXIT":
                    self.outbox.put(b"DONE")
                    break
                self.spread(self.nick.encode() + b": " + payload)
        except (EOFError, OSError):
            pass
        with Client.guard:
            known = self in Client.everyone
            Client.everyone.discard(self)
        self.outbox.put(None)
        if known:
            self.spread(f"SERVER: {self.nick} has left the chat.".encode())

    def spread(self, payload):
        with Client.guard:
            for other in Client.everyone:
                if other is not self:
                    other.outbox.put(payload)


def main():
    with socket.create_server(("0.0.0.0", 65433), backlog=40) as listener:
        while True:
            Client(listener.accept()[0]).start()


main()
