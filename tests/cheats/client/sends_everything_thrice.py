"""Sends whatever is typed three times, the name too, and shows whatever comes three times."""
import socket
import sys
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def listen():
    rest = b""
    while True:
        data = conn.recv(4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            print("\n".join([line.decode("utf-8", "replace")] * 3), flush=True)


threading.Thread(target=listen, daemon=True).start()
print("Nickname:", end=" ", flush=True)
for line in sys.stdin:
    conn.sendall(line.encode() * 3)
    if line.strip().upper() == "EXIT":
        break
