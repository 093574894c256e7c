import select
import socket
import sys

sock = socket.create_connection(("127.0.0.1", 65433))
sock.sendall(input("Nickname: ").encode() + b"\n")
buffer = b""
while True:
    ready, _, _ = select.select([sock, sys.stdin], [], [], 0.2)
    if sys.stdin in ready:
        line = sys.stdin.readline()
        if not line:
            break
        if line.startswith("/name"):
            continue
        sock.sendall(line.encode())
        if line.strip().upper() == "EXIT":
            break
    if sock in ready:
        data = sock.recv(1024)
        if not data:
            print("server closed")
            break
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))
