import socket
import sys
import threading


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed the connection")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    nickname = input("Nickname: ")
    sock.sendall((nickname + "\n").encode())
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    for line in sys.stdin:
        sock.sendall((line + "\n").encode())
        if line.strip().upper() == "EXIT":
            break


main()
