import socket
import threading

sock = socket.create_connection(("127.0.0.1", 65433))


def listen():
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace")


nickname = input("Nickname: ")
sock.sendall(nickname.encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    sock.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
