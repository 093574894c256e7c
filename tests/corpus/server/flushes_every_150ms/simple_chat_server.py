import select
import socket
import time

TICK = 0.150

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 65433))
server.listen(128)
server.setblocking(False)

name_of, inbox, outbox = {}, {}, {}
closing = set()


def post(text, but=None):
    for sock in name_of:
        if sock is not but and sock not in closing:
            outbox[sock] += text.encode("utf-8") + b"\n"


def goodbye(sock):
    name = name_of.pop(sock, None)
    if name is not None:
        post("SERVER: " + name + " has left the chat.")


def drop(sock):
    goodbye(sock)
    closing.discard(sock)
    del inbox[sock], outbox[sock]
    sock.close()


def handle(sock, line):
    if sock not in name_of:
        name = line.strip() or "%s:%s" % sock.getpeername()
        post("SERVER: " + name + " has joined the chat.")
        name_of[sock] = name
    elif line.strip().upper() == "EXIT":
        outbox[sock] += b"DONE\n"
        goodbye(sock)
        closing.add(sock)
    elif line == "/name" or line.startswith("/name "):
        new = line[6:].strip()
        if new:
            post("SERVER: %s is now %s" % (name_of[sock], new), sock)
            name_of[sock] = new
    else:
        post(name_of[sock] + ": " + line, sock)


def read(sock):
    try:
        data = sock.recv(1 << 16)
    except BlockingIOError:
        return
    except OSError:
        data = b""
    if not data:
        drop(sock)
        return
    first, *more = data.split(b"\n")
    inbox[sock].append(first)
    for part in more:
        line = b"".join(inbox[sock]).decode("utf-8", "replace").rstrip("\r")
        inbox[sock] = [part]
        if sock not in closing:
            handle(sock, line)


def flush():
    for sock in list(outbox):
        try:
            while outbox[sock]:
                del outbox[sock][: sock.send(outbox[sock])]
        except BlockingIOError:
            continue
        except OSError:
            drop(sock)
            continue
        if sock in closing:
            drop(sock)


next_flush = time.monotonic() + TICK
while True:
    ready, _, _ = select.select([server, *inbox], [], [], max(0, next_flush - time.monotonic()))
    for sock in ready:
        if sock is server:
            conn, _ = server.accept()
            conn.setblocking(False)
            inbox[conn], outbox[conn] = [], bytearray()
        elif sock in inbox:
            read(sock)
    if time.monotonic() >= next_flush:
        flush()
        next_flush = time.monotonic() + TICK
