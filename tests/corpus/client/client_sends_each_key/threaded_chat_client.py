import os
import socket
import sys
import termios
import threading
import tty


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed", flush=True)
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print("\r" + line.decode("utf-8", "replace"), flush=True)


def keys():
    while True:
        key = os.read(0, 1)
        if not key:
            return
        os.write(1, key)
        yield key


def run(sock):
    name = input("Nickname: ") if sys.stdin.isatty() else sys.stdin.buffer.raw.readline().decode().strip()
    sock.sendall(name.encode() + b"\n")
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    if sys.stdin.isatty():
        tty.setcbreak(0)
    word = b""
    for key in keys():
        sock.sendall(key)
        word += key
        if key == b"\n":
            if word.strip().upper() == b"EXIT":
                return
            word = b""


before = termios.tcgetattr(0) if sys.stdin.isatty() else None
try:
    run(socket.create_connection(("127.0.0.1", 65433)))
finally:
    if before:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
