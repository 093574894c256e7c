import select
import socket

# everything we know about a connection, one dict per thing, key = socket
incoming = {}
outgoing = {}
nick = {}
peer = {}
finishing = set()      # got EXIT, close as soon as outgoing is empty


def queue_for(sock, text):
    outgoing[sock].extend(text.encode("utf-8"))
    outgoing[sock].extend(b"\n")


def queue_for_others(text, me=None):
    for sock in nick:
        if sock is not me:
            queue_for(sock, text)


def forget(sock):
    if sock not in incoming:
        return
    sock.close()
    del incoming[sock], outgoing[sock], peer[sock]
    finishing.discard(sock)
    leave(sock)


def leave(sock):
    who = nick.pop(sock, None)
    if who is not None:
        print(who, "left")
        queue_for_others("SERVER: %s has left the chat." % who)


def got_line(sock, text):
    if sock not in nick:
        name = text.strip()
        if name == "":
            name = "%s:%s" % peer[sock]
        nick[sock] = name
        print(name, "joined")
        queue_for_others("SERVER: %s has joined the chat." % name, sock)
    elif text.strip().upper() == "EXIT":
        queue_for(sock, "DONE")
        finishing.add(sock)
        leave(sock)
    elif text == "/name" or text.startswith("/name "):
        name = text[len("/name"):].strip()
        if name:
            queue_for_others("SERVER: %s is now %s" % (nick[sock], name), sock)
            nick[sock] = name
    else:
        queue_for_others("%s: %s" % (nick[sock], text), sock)


def can_read(sock):
    try:
        data = sock.recv(32768)
    except BlockingIOError:
        return
    except OSError:
        data = b""
    if not data:
        forget(sock)
        return
    incoming[sock] += data
    if b"\n" in data:
        lines = bytes(incoming[sock]).split(b"\n")
        incoming[sock] = bytearray(lines.pop())
        for line in lines:
            if sock in finishing:
                break
            if line[-1:] == b"\r":
                line = line[:-1]
            got_line(sock, line.decode("utf-8", "replace"))


def can_write(sock):
    try:
        n = sock.send(outgoing[sock])
    except BlockingIOError:
        return
    except OSError:
        forget(sock)
        return
    del outgoing[sock][:n]


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 65433))
listener.listen(100)
listener.setblocking(False)
print("up")

while True:
    for sock in [s for s in finishing if not outgoing[s]]:
        forget(sock)
    want_read = [s for s in incoming if s not in finishing]
    want_write = [s for s in outgoing if outgoing[s]]
    r, w, x = select.select([listener] + want_read, want_write, [])
    for sock in r:
        if sock is listener:
            try:
                new, addr = listener.accept()
            except OSError:
                continue
            new.setblocking(False)
            incoming[new] = bytearray()
            outgoing[new] = bytearray()
            peer[new] = addr
        elif sock in incoming:
            can_read(sock)
    for sock in w:
        if sock in outgoing:
            can_write(sock)
