"""Shows each line three times, and beside each an invented one."""
import socket
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def show(line):
    for number in range(3):
        print(line, flush=True)
        print("nobody: and %d more of that" % number, flush=True)


def listen():
    for raw in conn.makefile("rb"):
        show(raw.decode("utf-8", "replace").rstrip("\r\n"))
    print("The server is gone.", flush=True)


name = input("Nickname: ")
conn.sendall(name.encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    conn.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
