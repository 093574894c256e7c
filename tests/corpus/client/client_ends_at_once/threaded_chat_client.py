import socket
import threading


def listen(sock):
    kept = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed")
            return
        kept += data
        while b"\n" in kept:
            line, kept = kept.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    nickname = input("Nickname: ")
    sock.sendall(nickname.encode() + b"\n")
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while True:
        line = input()
        sock.sendall(line.encode() + b"\n")
        if line.strip().upper() == "EXIT":
            break
    sock.close()


if __name__ == "main":
    main()
