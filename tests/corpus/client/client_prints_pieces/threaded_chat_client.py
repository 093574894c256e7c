import codecs
import socket
import sys
from threading import Thread

ADDRESS = ("127.0.0.1", 65433)


def output(sock):
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        try:
            raw = sock.recv(4096)
        except OSError:
            break
        if not raw:
            break
        piece = decoder.decode(raw).rstrip("\n")
        if piece:
            print(piece)
    print("-- disconnected --")


def typed_lines():
    for line in sys.stdin:
        yield line.rstrip("\n")


def main():
    sock = socket.create_connection(ADDRESS)
    print("Nickname?")
    lines = typed_lines()
    sock.sendall((next(lines, "nobody") + "\n").encode())
    Thread(target=output, args=[sock], daemon=True).start()
    for line in lines:
        sock.sendall((line + "\n").encode())
        if line.strip().upper() == "EXIT":
            break


main()
