import itertools
import socket
import threading

RAINBOW = [196, 208, 226, 46, 21, 93]


def rainbow(text):
    colours = itertools.cycle(RAINBOW)
    return "".join("\x1b[38;5;%dm%s" % (next(colours), letter) for letter in text) + "\x1b[0m"


class Listener(threading.Thread):
    def __init__(self, sock):
        threading.Thread.__init__(self)
        self.sock = sock
        self.part = b""

    def run(self):
        for data in iter(self.get, b""):
            self.part += data
            while b"\n" in self.part:
                line, self.part = self.part.split(b"\n", 1)
                print("\a" + rainbow(line.decode("utf-8", "replace").strip("\r")))
        print("\x1b[2m-- no more messages --\x1b[0m")

    def get(self):
        try:
            return self.sock.recv(1024)
        except OSError:
            return b""


def chat(sock):
    print("\x1b]0;Chat\x07", end="")  # title of the window
    listener = Listener(sock)
    try:
        sock.sendall(input(rainbow("Nickname") + " ").encode() + b"\n")
        listener.start()
        while listener.is_alive():
            text = input()
            if text.strip().upper() == "EXIT":
                break
            sock.sendall(text.encode() + b"\n")
    except (EOFError, KeyboardInterrupt, OSError):
        pass
    try:
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    if listener.is_alive():
        listener.join()


if __name__ == "__main__":
    with socket.create_connection(("localhost", 65433)) as connection:
        chat(connection)
