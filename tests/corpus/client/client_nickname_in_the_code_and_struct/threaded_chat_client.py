#!/usr/bin/env python3
"""Usage: python3 threaded_chat_client.py

The nickname is always the same (no struct needed).  Everything is passed on as bytes,
so the program never decodes anything.
"""
from socket import SHUT_RDWR, create_connection
from sys import stdin, stdout
from threading import Thread


def show(line):
    stdout.buffer.write(line.rstrip(b"\r\n") + b"\n")
    stdout.buffer.flush()


def listen(sock):
    rest = b""
    try:
        while True:
            data = sock.recv(512)
            if not data:
                break
            parts = (rest + data).split(b"\n")
            rest = parts.pop()
            for part in parts:
                show(part)
    except OSError:
        pass
    show(b"-- disconnected --")


def main():
    sock = create_connection(("127.0.0.1", 65433))
    sock.sendall(b"guest\n")
    Thread(target=listen, args=[sock], daemon=True).start()
    try:
        for line in iter(stdin.buffer.readline, b""):
            if not line.endswith(b"\n"):
                line += b"\n"
            sock.sendall(line)
            if line.strip().upper() == b"EXIT":
                break
        sock.shutdown(SHUT_RDWR)
    except (OSError, KeyboardInterrupt):
        pass
    finally:
        sock.close()


if __name__ == "__main__":
    main()
