import socket, time

srv = socket.socket()
srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
srv.bind(("0.0.0.0", 65433))
srv.listen(50)
srv.setblocking(False)
clients = {}  # socket -> [name, buffer]


def tell(text, skip=None):
    for c in list(clients):
        if c is skip or clients[c][0] is None:
            continue
        try:
            c.setblocking(True)
            c.sendall((text + "\n").encode())
            c.setblocking(False)
        except OSError:
            pass


def drop(c):
    name = clients.pop(c)[0]
    c.close()
    if name is not None:
        tell(f"SERVER: {name} has left the chat.")


def handle(c, line):
    st = clients[c]
    text = line.decode("utf-8", "replace").rstrip("\r")
    if st[0] is None:
        st[0] = text.strip() or str(c.getpeername())
        tell(f"SERVER: {st[0]} has joined the chat.", c)
        return True
    if text.strip().upper() == "EXIT":
        c.sendall(b"DONE\n")
        drop(c)
        return False
    if text.split(" ")[0] == "/name":
        new = text[5:].strip()
        if new:
            old, st[0] = st[0], new
            tell(f"SERVER: {old} is now {new}", c)
        return True
    tell(f"{st[0]}: {text}", c)
    return True


while True:
    time.sleep(0.01)
    try:
        while True:
            c, _ = srv.accept()
            c.setblocking(False)
            clients[c] = [None, b""]
    except BlockingIOError:
        pass
    for c in list(clients):
        try:
            d = c.recv(1024)
        except BlockingIOError:
            continue
        except OSError:
            drop(c)
            continue
        if not d:
            drop(c)
            continue
        clients[c][1] += d
        *lines, clients[c][1] = clients[c][1].split(b"\n")
        for line in lines:
            if not handle(c, line):
                break
