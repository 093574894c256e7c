import cmd
import os
import socket
import threading


class ChatShell(cmd.Cmd):
    intro = "Welcome to the chat. EXIT leaves it."
    prompt = "(chat) "

    def __init__(self, sock):
        super().__init__(completekey=None)
        self.sock = sock
        self.use_rawinput = True

    def preloop(self):
        name = input("Choose a nickname: ")
        self.transmit(name)
        threading.Thread(target=self.background, name="listener", daemon=True).start()

    def transmit(self, line):
        self.sock.sendall(line.encode("utf-8") + b"\n")

    def onecmd(self, line):
        """Nothing is a command of this program, except the end."""
        if line == "EOF":
            return True
        try:
            self.transmit(line)
        except OSError:
            print("not sent: the connection is closed")
            return True
        return line.strip().upper() == "EXIT"

    def background(self):
        buffered = b""
        while True:
            try:
                data = self.sock.recv(4096)
            except OSError:
                return
            if not data:
                print("\nThe server has left.")
                os._exit(0)
            buffered += data
            while True:
                line, found, rest = buffered.partition(b"\n")
                if not found:
                    break
                buffered = rest
                print("\r" + line.decode("utf-8", "replace").rstrip("\r"))
                print(self.prompt, end="", flush=True)


def main():
    with socket.create_connection(("127.0.0.1", 65433)) as sock:
        try:
            ChatShell(sock).cmdloop()
        except (KeyboardInterrupt, EOFError):
            print()


if __name__ == "__main__":
    main()
