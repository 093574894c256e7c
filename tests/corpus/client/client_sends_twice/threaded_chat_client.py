import socket
import threading


class Sender:
    """Sends a line and makes sure that it is sent."""

    def __init__(self, sock):
        self.sock = sock

    def line(self, text, tries=1):
        data = text.encode("utf-8") + b"\n"
        for _ in range(tries):
            sent = self.sock.send(data)
            if sent < len(data):
                print("could not send all of it")


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed the connection")
            return
        buffer += data
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            print(line.decode("utf-8", "replace"))


sock = socket.create_connection(("127.0.0.1", 65433))
sender = Sender(sock)
sender.line(input("Nickname: "))
threading.Thread(target=listen, args=(sock,), daemon=True).start()
while True:
    text = input()
    if text.strip().upper() == "EXIT":
        sender.line(text)
        break
    sender.line(text, tries=2)
