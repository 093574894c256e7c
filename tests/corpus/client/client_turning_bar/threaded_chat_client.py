import socket
import sys
import threading
import time


def spin():
    i = 0
    while True:
        i += 1
        sys.stdout.write("\r" + "|/-\\"[i % 4] + " ")
        sys.stdout.flush()
        time.sleep(0.1)


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("\rserver closed")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print("\r" + line.decode("utf-8", "replace"))


sock = socket.create_connection(("127.0.0.1", 65433))
name = input("Nickname: ")
sock.sendall(name.encode() + b"\n")
threading.Thread(target=listen, args=(sock,), daemon=True).start()
threading.Thread(target=spin, daemon=True).start()
while True:
    line = input()
    sock.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
