"""Twelve rows for messages, filled from the top to the bottom and then again from the top."""
import socket
import sys
import threading

ROWS = 12
tty = sys.stdout.isatty()
sock = socket.create_connection(("127.0.0.1", 65433))
lock = threading.Lock()
turn = 0


def put(text):
    global turn
    with lock:
        if not tty:
            print(text, flush=True)
            return
        row, turn = turn % ROWS + 2, turn + 1
        arrow = "\x1b[%d;1H\x1b[K-->" % (turn % ROWS + 2)
        sys.stdout.write("\x1b[s\x1b[%d;1H\x1b[K%s%s\x1b[u" % (row, text, arrow))
        sys.stdout.flush()


def listen():
    tail = b""
    while True:
        got = sock.recv(1000)
        if not got:
            break
        tail += got
        *whole, tail = tail.split(b"\n")
        for line in whole:
            put(line.decode("utf-8", "replace"))
    put("*** the end ***")


def ask(prompt):
    with lock:
        sys.stdout.write("\x1b[20;1H\x1b[J" + prompt if tty else prompt)
        sys.stdout.flush()
    return sys.stdin.readline()


if tty:
    print("\x1b[2J")
sock.sendall(ask("nick: ").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    text = ask("> ")
    if not text:
        break
    sock.sendall(text.encode())
    if text.strip().upper() == "EXIT":
        break
