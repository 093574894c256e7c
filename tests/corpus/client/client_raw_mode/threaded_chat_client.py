"""Chat client that draws its own input line at the bottom."""
import codecs
import os
import socket
import sys
import termios
import threading
import tty

HOST = "127.0.0.1"
PORT = 65433


class Keyboard:
    """Reads key by key and knows at any time what stands in the input line."""

    def __init__(self):
        self.fd = sys.stdin.fileno()
        self.lock = threading.Lock()
        self.prompt = ""
        self.typed = ""
        self.saved = None
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.keys = ""

    def __enter__(self):
        if os.isatty(self.fd):
            self.saved = termios.tcgetattr(self.fd)
            tty.setcbreak(self.fd)
        return self

    def __exit__(self, *exc):
        if self.saved:
            termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)

    def draw(self):
        os.write(1, ("\r\x1b[K" + self.prompt + self.typed).encode())

    def print_above(self, text):
        with self.lock:
            if self.saved:
                os.write(1, ("\r\x1b[K" + text + "\r\n").encode())
                self.draw()
            else:
                print(text, flush=True)

    def next_key(self):
        while not self.keys:
            raw = os.read(self.fd, 32)
            if not raw:
                raise EOFError
            self.keys = self.decode(raw)
        key, self.keys = self.keys[0], self.keys[1:]
        return key

    def read_line(self, prompt):
        if not self.saved:
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line.rstrip("\n")
        with self.lock:
            self.prompt, self.typed = prompt, ""
            self.draw()
        while True:
            key = self.next_key()
            with self.lock:
                if key in "\r\n":
                    line, self.typed, self.prompt = self.typed, "", ""
                    os.write(1, b"\r\n")
                    return line
                if key == "\x04" and not self.typed:
                    raise EOFError
                if key in "\x08\x7f":
                    self.typed = self.typed[:-1]
                elif key == "\x15":
                    self.typed = ""
                elif key.isprintable():
                    self.typed += key
                self.draw()


def receive(sock, keyboard):
    store = b""
    while True:
        try:
            data = sock.recv(4096)
        except OSError:
            break
        if not data:
            keyboard.print_above("~ the server is gone, Enter quits ~")
            break
        *complete, store = (store + data).split(b"\n")
        for line in complete:
            keyboard.print_above(line.decode("utf-8", "replace").strip("\r"))


def main():
    with socket.create_connection((HOST, PORT)) as sock, Keyboard() as keyboard:
        try:
            sock.sendall(keyboard.read_line("Nickname: ").encode() + b"\n")
            threading.Thread(target=receive, args=(sock, keyboard), daemon=True).start()
            while True:
                line = keyboard.read_line("> ")
                sock.sendall(line.encode() + b"\n")
                if line.strip().upper() == "EXIT":
                    return
        except (EOFError, KeyboardInterrupt, OSError):
            return


main()
