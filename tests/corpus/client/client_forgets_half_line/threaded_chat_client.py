import os
import socket
import sys
import termios
import threading
import tty

typed = []


def put(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            put("\nThe server has closed the connection.\n")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            typed.clear()  # start with a fresh line below the message
            put("\r" + line.decode("utf-8", "replace") + "\n> ")


def read_line():
    while True:
        key = os.read(0, 1)
        if key in (b"", b"\x04"):
            return None
        if key in (b"\r", b"\n"):
            put("\n> ")
            line = b"".join(typed)
            typed.clear()
            return line
        if key in (b"\x7f", b"\b"):
            if typed:
                typed.pop()
                put("\b \b")
            continue
        typed.append(key)
        sys.stdout.buffer.write(key)
        sys.stdout.flush()


def chat(sock):
    put("Nickname: ")
    line = read_line()
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while line is not None:
        sock.sendall(line + b"\n")
        if line.strip().upper() == b"EXIT":
            break
        line = read_line()


connection = socket.create_connection(("127.0.0.1", 65433))
if sys.stdin.isatty():
    saved = termios.tcgetattr(0)
    tty.setcbreak(0)
    try:
        chat(connection)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, saved)
else:
    chat(connection)
