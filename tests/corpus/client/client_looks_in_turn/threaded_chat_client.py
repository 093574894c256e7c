"""Looks at the network and at the keyboard in turn, twenty times a second each."""
import select
import socket
import sys

MOMENT = 0.05

sock = socket.create_connection(("127.0.0.1", 65433))
print("Nickname: ", end="", flush=True)
sock.sendall(sys.stdin.readline().strip().encode() + b"\n")
kept, talking = b"", True
while talking:
    if select.select([sock], [], [], MOMENT)[0]:
        data = sock.recv(4096)
        if not data:
            print("The server has gone.")
            break
        *whole, kept = (kept + data).split(b"\n")
        for line in whole:
            print(line.decode("utf-8", "replace"))
    if select.select([sys.stdin], [], [], MOMENT)[0]:
        text = sys.stdin.readline()
        talking = bool(text) and text.strip().upper() != "EXIT"
        sock.sendall((text.strip("\n") or "EXIT" * (not text)).encode() + b"\n")
sock.close()
