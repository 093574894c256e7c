"""Sends each line in three frames, and shows each frame three times with an invented message beside it."""
import socket
import struct
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def send(text):
    data = text.encode()
    conn.sendall((struct.pack("!I", len(data)) + data) * 3)


def listen():
    stream = conn.makefile("rb")
    while True:
        header = stream.read(4)
        if len(header) < 4:
            return
        text = stream.read(struct.unpack("!I", header)[0]).decode("utf-8", "replace")
        for _ in range(3):
            print(text[:3000], flush=True)
            print("somebody: so it is", flush=True)


send(input("Nickname: "))
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    send(line)
    if line.strip().upper() == "EXIT":
        break
