import socket
import threading


class Irc(object):
    """The connection; its protocol looks a bit like IRC."""

    def __init__(self, address):
        self.sock = socket.create_connection(address)
        self.data = b""

    def register(self, nick):
        self.send("NICK " + nick)

    def send(self, line):
        self.sock.sendall(line.encode("utf-8") + b"\n")

    def lines(self):
        while True:
            try:
                chunk = self.sock.recv(2048)
            except OSError:
                return
            if not chunk:
                return
            self.data += chunk
            while b"\n" in self.data:
                line, self.data = self.data.split(b"\n", 1)
                yield line.decode("utf-8", "replace")

    def listen(self):
        for line in self.lines():
            print(line)
        print("** connection closed")


def main():
    irc = Irc(("127.0.0.1", 65433))
    irc.register(input("Nickname: "))
    threading.Thread(target=irc.listen, daemon=True).start()
    while True:
        try:
            line = input()
        except EOFError:
            break
        irc.send(line)
        if line.strip().upper() == "EXIT":
            break


main()
