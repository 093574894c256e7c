#!/usr/bin/env python3
import os
import readline
import socket
import sys
import threading

ADDRESS = ("127.0.0.1", 65433)


class Client(threading.Thread):
    PS1 = "you: "

    def __init__(self):
        super().__init__(daemon=True)
        self.sock = socket.create_connection(ADDRESS)
        self.leaving = False
        self.interactive = sys.stdin.isatty()

    def lines(self):
        buf = bytearray()
        while True:
            try:
                data = self.sock.recv(1 << 16)
            except OSError:
                return
            if not data:
                return
            buf.extend(data)
            while True:
                cut = buf.find(b"\n")
                if cut == -1:
                    break
                yield buf[:cut].decode("utf-8", "replace").rstrip("\r")
                del buf[: cut + 1]

    def output(self, text):
        if self.interactive:
            print("\r\x1b[K" + text)
            print(self.PS1 + readline.get_line_buffer(), end="", flush=True)
            readline.redisplay()
        else:
            print(text, flush=True)

    def run(self):
        for line in self.lines():
            self.output(line)
        if not self.leaving:
            self.output("Connection to the server lost")
            print()
            os._exit(0)

    def send(self, text):
        self.sock.sendall(bytes(text + "\n", "utf-8"))

    def loop(self):
        self.send(input("nickname? "))
        self.start()
        while not self.leaving:
            try:
                text = input(self.PS1)
            except EOFError:
                text = "exit"
            self.leaving = text.strip().lower() == "exit"
            self.send(text)
        self.sock.close()


if __name__ == "__main__":
    try:
        Client().loop()
    except ConnectionError as e:
        print("connection problem:", e.strerror)
    except KeyboardInterrupt:
        print("interrupted")
