"""Chat client that calls the server as late as it can."""
import socket
import threading


class Link:
    def __init__(self, name):
        self.name, self.sock = name, None

    def say(self, text):
        if self.sock is None:
            self.sock = socket.create_connection(("127.0.0.1", 65433))
            threading.Thread(target=self.hear, daemon=True).start()
            self.say(self.name)
        self.sock.sendall(text.encode("utf-8") + b"\n")

    def hear(self):
        for line in self.sock.makefile("rb"):
            print(line.decode("utf-8", "replace").rstrip("\r\n"))
        print("The chat is over.")


link = Link(input("Nickname: "))
text = ""
while text.strip().upper() != "EXIT":
    text = input("> ")
    link.say(text)
