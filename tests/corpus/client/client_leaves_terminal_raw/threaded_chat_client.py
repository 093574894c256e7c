import os
import socket
import sys
import threading
import tty

out_lock = threading.Lock()
line = bytearray()


def write(data):
    with out_lock:
        os.write(1, data)


def listen(sock):
    rest = b""
    while True:
        data = sock.recv(1024)
        if not data:
            write(b"\r\x1b[K(server closed the connection)\r\n")
            return
        rest += data
        while b"\n" in rest:
            message, rest = rest.split(b"\n", 1)
            write(b"\r\x1b[K" + message + b"\r\n" + bytes(line))


def get_line():
    while True:
        key = os.read(0, 1)
        if key in (b"", b"\x03", b"\x04"):
            return b"EXIT"
        if key in (b"\r", b"\n"):
            done = bytes(line)
            line.clear()
            write(b"\r\n")
            return done
        if key == b"\x7f":
            del line[-1:]
            write(b"\b \b")
        else:
            line.extend(key)
            write(key)


sock = socket.create_connection(("127.0.0.1", 65433))
if sys.stdin.isatty():
    tty.setraw(0)
write(b"Nickname: ")
sock.sendall(get_line() + b"\n")
threading.Thread(target=listen, args=(sock,), daemon=True).start()
while True:
    text = get_line()
    sock.sendall(text + b"\n")
    if text.strip().upper() == b"EXIT":
        break
