import select
import socket
import struct

door = socket.create_server(("", 65433), backlog=50)
names = {}


def exactly(sock, n):
    data = bytearray()
    while len(data) < n:
        piece = sock.recv(min(n - len(data), 1 << 16))
        if not piece:
            return None
        data += piece
    return bytes(data)


def send(payload, skip):
    for sock in list(names):
        if sock is not skip and names[sock]:
            try:
                sock.sendall(struct.pack("!I", len(payload)) + payload)
            except OSError:
                pass


def gone(sock):
    name = names.pop(sock)
    sock.close()
    if name:
        send(b"SERVER: " + name + b" has left the chat.", None)


while True:
    ready, _, _ = select.select([door, *names], [], [])
    for sock in ready:
        if sock is door:
            names[door.accept()[0]] = b""
            continue
        try:
            header = exactly(sock, 4)
            payload = exactly(sock, struct.unpack("!I", header)[0]) if header else None
        except OSError:
            payload = None
        if payload is None:
            gone(sock)
        elif not names[sock]:
            names[sock] = payload.strip() or b"?"
            send(b"SERVER: " + names[sock] + b" has joined the chat.", sock)
        elif payload.strip().upper() == b"EXIT":
            sock.sendall(struct.pack("!I", 4) + b"DONE")
            gone(sock)
        else:
            send(names[sock] + b": " + payload, sock)
