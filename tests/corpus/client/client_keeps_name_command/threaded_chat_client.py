import socket
import threading

HOST, PORT = "127.0.0.1", 65433
nickname = "me"


def listen(sock):
    data = b""
    while True:
        try:
            data += sock.recv(1024) or b"\x00"
        except OSError:
            return
        if data.endswith(b"\x00"):
            print("* the server has left")
            return
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


def send(sock, line):
    sock.sendall(line.encode("utf-8") + b"\n")


sock = socket.create_connection((HOST, PORT))
nickname = input("Nickname: ")
send(sock, nickname)
threading.Thread(target=listen, args=(sock,), daemon=True).start()
while True:
    try:
        line = input(nickname + "> ")
    except EOFError:
        break
    if line.startswith("/name "):
        nickname = line[6:].strip()
        print("* you are now", nickname)
        continue
    send(sock, line)
    if line.strip().upper() == "EXIT":
        break
