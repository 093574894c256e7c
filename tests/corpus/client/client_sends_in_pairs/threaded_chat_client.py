import socket
import threading

BATCH = 2  # lines per packet, saves network traffic


class Outbox:
    def __init__(self, sock):
        self.sock = sock
        self.lines = []

    def add(self, line):
        self.lines.append(line)
        if len(self.lines) >= BATCH:
            self.flush()

    def flush(self):
        packet = "".join(line + "\n" for line in self.lines)
        self.lines = []
        self.sock.sendall(packet.encode("utf-8"))


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(4096)
        if not data:
            print("Server closed the connection, press Enter.")
            return
        buffer += data
        *complete, buffer = buffer.split(b"\n")
        for line in complete:
            print(line.decode("utf-8", "replace"))


sock = socket.create_connection(("127.0.0.1", 65433))
outbox = Outbox(sock)
outbox.add(input("Nickname: "))
outbox.flush()
threading.Thread(target=listen, args=(sock,), daemon=True).start()
while True:
    try:
        line = input("> ")
    except EOFError:
        line = "EXIT"
    outbox.add(line)
    if line.strip().upper() == "EXIT":
        outbox.flush()
        break
