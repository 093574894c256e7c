import select
import socket

HOST, PORT = "127.0.0.1", 65433


class Inbox:
    def __init__(self, sock):
        self.sock, self.rest = sock, b""

    def look(self):
        """Print what there is, or comes within a moment."""
        ready, _, _ = select.select([self.sock], [], [], 0.05)
        data = self.sock.recv(65536) if ready else b""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            print(line.decode("utf-8", "replace"))


with socket.create_connection((HOST, PORT)) as sock:
    inbox = Inbox(sock)
    sock.sendall(input("Nickname: ").encode() + b"\n")
    text = ""
    while text.strip().upper() != "EXIT":
        inbox.look()
        text = input()
        sock.sendall(text.encode() + b"\n")
