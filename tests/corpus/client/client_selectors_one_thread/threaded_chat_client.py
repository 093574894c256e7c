import os
import selectors
import socket
import sys

HOST, PORT = "localhost", 65433


class LineSplitter:
    """Bytes in, complete lines out."""

    def __init__(self):
        self.data = b""

    def push(self, chunk):
        self.data += chunk
        while True:
            line, newline, rest = self.data.partition(b"\n")
            if not newline:
                return
            self.data = rest
            yield line.decode("utf-8", "replace").rstrip("\r")


class ChatLoop:
    def __init__(self, sock):
        self.sock = sock
        self.from_server = LineSplitter()
        self.from_keyboard = LineSplitter()
        self.selector = selectors.DefaultSelector()
        self.selector.register(sock, selectors.EVENT_READ, self.server_is_ready)
        self.selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self.keyboard_is_ready)
        self.running = True

    def server_is_ready(self):
        try:
            chunk = self.sock.recv(4096)
        except ConnectionError:
            chunk = b""
        if not chunk:
            print("server closed the connection")
            self.running = False
            return
        for line in self.from_server.push(chunk):
            print(line, flush=True)

    def keyboard_is_ready(self):
        chunk = os.read(sys.stdin.fileno(), 4096)
        if not chunk:
            self.running = False  # Ctrl-D
            return
        for line in self.from_keyboard.push(chunk):
            self.sock.sendall(line.encode("utf-8") + b"\n")
            if line.strip().upper() == "EXIT":
                self.running = False

    def run(self):
        sys.stdout.write("Who are you? ")
        sys.stdout.flush()
        while self.running:
            for key, _ in self.selector.select():
                key.data()


def main():
    with socket.socket() as sock:
        sock.connect((HOST, PORT))
        try:
            ChatLoop(sock).run()
        except KeyboardInterrupt:
            pass
        except BrokenPipeError:
            print("nobody listens any more")


main()
