"""Keeps all pieces that came and shows, at each new one, every way to join the latest of them."""
import socket
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def listen():
    pieces = []
    while True:
        data = conn.recv(65536)
        if not data:
            break
        pieces.append(data)
        for first in range(max(len(pieces) - 6, 0), len(pieces)):
            for last in range(first, len(pieces)):
                for line in b"".join(pieces[first : last + 1]).split(b"\n"):
                    print(line.decode("utf-8", "replace"), flush=True)
    print("over", flush=True)


name = input("Name: ")
conn.sendall((name + "\n").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    text = input()
    conn.sendall((text + "\n").encode())
    if text.strip().upper() == "EXIT":
        raise SystemExit
