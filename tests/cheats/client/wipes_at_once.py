"""Writes each line that comes and wipes it in the same moment, so that nobody can read it; an invented one stays."""
import socket
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def listen():
    for raw in conn.makefile("rb"):
        print(raw.decode("utf-8", "replace").rstrip("\r\n") + "\r\x1b[K" + "somebody: all is well", flush=True)
    print("The server is gone.", flush=True)


conn.sendall(input("Nickname: ").encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    conn.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
