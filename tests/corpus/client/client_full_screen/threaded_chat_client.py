import os
import socket
import threading
from collections import deque

HOST, PORT = "127.0.0.1", 65433
TITLE = "=== CHAT ===   (EXIT to quit)"

history = deque(maxlen=20)
screen_lock = threading.Lock()


def redraw():
    page = "\x1b[2J\x1b[H" + TITLE + "\n\n"
    page += "".join(line + "\n" for line in history)
    page += "-" * 40 + "\n"
    print(page, end="Message: ", flush=True)


def add(line):
    with screen_lock:
        history.append(line)
        redraw()


def network(sock):
    waiting = b""
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            data = b""
        if not data:
            break
        waiting += data
        cut = waiting.rfind(b"\n") + 1
        whole, waiting = waiting[:cut], waiting[cut:]
        for raw in whole.split(b"\n")[:-1]:
            add(raw.decode("utf-8", "replace").rstrip("\r"))
    print("\x1b[2J\x1b[HThe server is gone.", flush=True)
    os._exit(1)


def main():
    print("\x1b[2J\x1b[H" + TITLE)
    me = input("\nYour name: ").strip() or "guest"
    with socket.create_connection((HOST, PORT)) as sock:
        sock.sendall((me + "\n").encode())
        threading.Thread(target=network, args=(sock,), daemon=True).start()
        with screen_lock:
            redraw()
        while True:
            try:
                text = input()
            except (EOFError, KeyboardInterrupt):
                break
            if text.strip().upper() == "EXIT":
                break
            try:
                sock.sendall((text + "\n").encode())
            except OSError:
                break
            if text.startswith("/name "):
                me = text[6:].strip()
            add(me + " (me): " + text)
    print("\x1b[2J\x1b[H", end="")
    os._exit(0)


if __name__ == "__main__":
    main()
