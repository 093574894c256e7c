import socket
import threading
import time

HOST = "127.0.0.1"
PORT = 65433
PAUSE = 1.0


class Connection:
    """The connection of the moment. Whoever listens renews it."""

    def __init__(self, nickname):
        self.nickname = nickname
        self.sock = None
        self.closing = False
        self.open()

    def open(self):
        self.sock = socket.create_connection((HOST, PORT))
        self.say(self.nickname)

    def say(self, text):
        self.sock.sendall(text.encode("utf-8") + b"\n")

    def listen(self):
        while not self.closing:
            self.listen_once()
            if self.closing:
                return
            print("* connection lost, trying again ...", flush=True)
            self.sock.close()
            self.renew()

    def renew(self):
        while not self.closing:
            time.sleep(PAUSE)
            try:
                self.open()
            except OSError:
                continue
            print("* connected again", flush=True)
            return

    def listen_once(self):
        buffer = b""
        while True:
            try:
                data = self.sock.recv(4096)
            except OSError:
                return
            if not data:
                return
            buffer += data
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                print(line.decode("utf-8", "replace").rstrip("\r"), flush=True)


def main():
    connection = Connection(input("Nickname: ").strip())
    threading.Thread(target=connection.listen, daemon=True).start()
    while True:
        try:
            text = input()
        except (EOFError, KeyboardInterrupt):
            text = "EXIT"
        if text.strip().upper() == "EXIT":
            connection.closing = True
        try:
            connection.say(text)
        except OSError:
            print("* not sent")
        if connection.closing:
            return


if __name__ == "__main__":
    main()
