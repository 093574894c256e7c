"""At every piece that comes it writes all that ever came once more: at some time each line stands there."""
import os
import socket
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def listen():
    everything = b""
    while True:
        data = conn.recv(512)
        if not data:
            os.write(1, b"\nthe end\n")
            return
        everything += data
        os.write(1, b"\n" + everything[-8000:] + b"\n")


nickname = input("nickname> ")
conn.sendall(nickname.encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    conn.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
