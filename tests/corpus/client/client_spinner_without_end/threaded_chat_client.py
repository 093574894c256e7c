import itertools
import socket
import sys
import threading


def spinner():
    for sign in itertools.cycle("|/-\\"):
        sys.stdout.write("\rwaiting for messages " + sign)
        sys.stdout.flush()


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("\rserver closed            ")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print("\r" + line.decode("utf-8", "replace") + "            ")


threading.Thread(target=spinner, daemon=True).start()
sock = socket.create_connection(("127.0.0.1", 65433))
name = input("\rNickname: ")
sock.sendall(name.encode() + b"\n")
threading.Thread(target=listen, args=(sock,), daemon=True).start()
while True:
    line = input()
    sock.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
