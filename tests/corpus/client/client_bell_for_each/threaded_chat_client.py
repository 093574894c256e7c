#!/usr/bin/env python3
import socket
import sys
import threading

BELL = "\a"


class Receiver(threading.Thread):
    def __init__(self, connection):
        super().__init__(daemon=True)
        self.file = connection.makefile("r", encoding="utf-8", errors="replace", newline="\n")

    def run(self):
        try:
            for line in self.file:
                line = line.rstrip("\r\n")
                bells = BELL * (2 if line.startswith("SERVER: ") else 1)
                sys.stdout.write(bells + line + "\n")
                sys.stdout.flush()
        except (OSError, ValueError):
            return
        sys.stdout.write("(disconnected)\n")
        sys.stdout.flush()


def main():
    name = ""
    while not name:
        name = input("Who are you? ").strip()
    with socket.create_connection(("127.0.0.1", 65433)) as connection:
        connection.sendall(f"{name}\n".encode())
        Receiver(connection).start()
        for line in sys.stdin:
            connection.sendall(line.rstrip("\n").encode() + b"\n")
            if line.strip().lower() == "exit":
                break


main()
