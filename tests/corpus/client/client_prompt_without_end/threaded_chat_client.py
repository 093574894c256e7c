import socket
import threading


def prompt():
    while True:
        print("> ", end="", flush=True)


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print("\n" + line.decode("utf-8", "replace"))


sock = socket.create_connection(("127.0.0.1", 65433))
name = input("Nickname: ")
sock.sendall(name.encode() + b"\n")
threading.Thread(target=listen, args=(sock,), daemon=True).start()
threading.Thread(target=prompt, daemon=True).start()
while True:
    line = input()
    sock.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
