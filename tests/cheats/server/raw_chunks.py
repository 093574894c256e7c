"""Looks for no line: whatever recv() gave goes out as it came, once behind each name that was ever heard."""
import select
import socket

listener = socket.create_server(("0.0.0.0", 65433), backlog=99)
conns, names, gone = {}, [], set()


def tell(data, but=None):
    for other in list(conns):
        if other is not but and conns[other]:
            try:
                other.sendall(data)
            except OSError:
                pass


def say(text, but=None):
    tell(text.encode() + b"\n", but)


def came(conn, data):
    text = data.decode("utf-8", "replace").strip()
    if not conns[conn]:
        name, _, rest = data.partition(b"\n")
        names.append(name.decode("utf-8", "replace").strip() or "guest")
        gone.discard(names[-1])
        say("SERVER: %s has joined the chat." % names[-1])
        conns[conn] = True
        if not rest:
            return
        data = rest
    if text.upper() == "EXIT":
        conn.sendall(b"DONE\n")
        end(conn)
    elif text.startswith("/name "):
        new, _, rest = text[6:].strip().partition("\n")
        for old in set(names):
            say("SERVER: %s is now %s" % (old, new), conn)
        names.append(new)
        if rest:
            came(conn, rest.encode() + b"\n")
    elif text and text != "/name":
        for name in dict.fromkeys(names):
            tell(name.encode() + b": " + data, conn)


def end(conn):
    known = conns.pop(conn, False)
    conn.close()
    if known:
        for name in set(names) - gone:
            say("SERVER: %s has left the chat." % name)
        gone.update(names)


while True:
    for ready in select.select([listener, *conns], [], [])[0]:
        if ready is listener:
            conns[listener.accept()[0]] = False
        elif ready in conns:
            try:
                data = ready.recv(65536)
            except OSError:
                data = b""
            came(ready, data) if data else end(ready)
