import socket

HOST = "127.0.0.1"
PORT = 65433
stop = threading.Event()


def listen(sock):
    data = b""
    while not stop.is_set():
        piece = sock.recv(1024)
        if not piece:
            print("server closed")
            stop.set()
        data += piece
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


sock = socket.socket()
sock.connect((HOST, PORT))
sock.sendall(input("Nickname: ").encode() + b"\n")
threading.Thread(target=listen, args=(sock,), daemon=True).start()
while not stop.is_set():
    line = input()
    sock.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
