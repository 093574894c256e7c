import getpass
import socket
import threading
import warnings


class ChatClient:
    """A chat client with a nickname that nobody can read over your shoulder."""

    def __init__(self, host="127.0.0.1", port=65433):
        self.host = host
        self.port = port
        self.sock = None
        self.done = False

    def connect(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.connect((self.host, self.port))

    def login(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no terminal: it cannot be hidden
            self.nickname = getpass.getpass("Secret nickname: ")
        self.send(self.nickname)

    def send(self, message):
        self.sock.sendall(message.encode("utf-8") + b"\n")

    def _listen(self):
        unfinished = b""
        try:
            while not self.done:
                received = self.sock.recv(1024)
                if not received:
                    break
                pieces = (unfinished + received).split(b"\n")
                unfinished = pieces[-1]
                for piece in pieces[:-1]:
                    self.on_line(piece.decode("utf-8", errors="replace"))
        except OSError:
            pass
        if not self.done:
            self.done = True
            print("Disconnected. Press Enter to close the program.")

    def on_line(self, line):
        print(">>", line.strip("\r"))

    def run(self):
        self.connect()
        self.login()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            while not self.done:
                message = input()
                if self.done:
                    break
                self.send(message)
                if message.strip().upper() == "EXIT":
                    self.done = True
        except (EOFError, KeyboardInterrupt, BrokenPipeError):
            self.done = True
        self.sock.close()


if __name__ == "__main__":
    ChatClient().run()
