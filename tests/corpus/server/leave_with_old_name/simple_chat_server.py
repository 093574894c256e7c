import selectors
import socket

sel = selectors.DefaultSelector()
users = {}   # socket -> dict with in, out, name, closing


def queue_line(sock, text):
    u = users[sock]
    u["out"] += text.encode("utf-8") + b"\n"
    sel.modify(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, on_event)


def others(me, text):
    for sock in list(users):
        if sock is not me and users[sock]["name"] and not users[sock]["closing"]:
            queue_line(sock, text)


def on_accept(listener, mask):
    sock, addr = listener.accept()
    sock.setblocking(False)
    users[sock] = {"in": [], "out": bytearray(), "name": None,
                   "addr": addr, "closing": False, "leave": None}
    sel.register(sock, selectors.EVENT_READ, on_event)


def drop(sock):
    u = users.pop(sock)
    sel.unregister(sock)
    sock.close()
    if u["leave"]:
        others(None, u["leave"])


def on_line(sock, line):
    u = users[sock]
    if u["name"] is None:
        u["name"] = line.strip() or "%s:%s" % u["addr"]
        u["leave"] = "SERVER: %s has left the chat." % u["name"]
        others(sock, "SERVER: %s has joined the chat." % u["name"])
        return
    if line.strip().upper() == "EXIT":
        queue_line(sock, "DONE")
        u["closing"] = True
        return
    if line.startswith("/name"):
        rest = line[5:]
        if rest.strip() == "":
            return
        if rest[0] == " ":
            new = rest.strip()
            others(sock, "SERVER: %s is now %s" % (u["name"], new))
            u["name"] = new
            return
    others(sock, "%s: %s" % (u["name"], line))


def on_event(sock, mask):
    u = users[sock]
    if mask & selectors.EVENT_READ and not u["closing"]:
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            drop(sock)
            return
        parts = data.split(b"\n")
        for part in parts[:-1]:
            u["in"].append(part)
            line = b"".join(u["in"]).decode("utf-8", "replace")
            u["in"] = []
            if not u["closing"]:
                on_line(sock, line.rstrip("\r"))
        u["in"].append(parts[-1])
    if mask & selectors.EVENT_WRITE:
        try:
            n = sock.send(u["out"][:262144])
            del u["out"][:n]
        except BlockingIOError:
            pass
        except OSError:
            drop(sock)
            return
        if not u["out"]:
            if u["closing"]:
                drop(sock)
            else:
                sel.modify(sock, selectors.EVENT_READ, on_event)


server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 65433))
server.listen(100)
sel.register(server, selectors.EVENT_READ, on_accept)
print("Server ready.")
while True:
    for key, mask in sel.select():
        if key.fileobj is server or key.fileobj in users:
            key.data(key.fileobj, mask)
