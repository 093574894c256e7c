import socket as so
import threading as th

P = 65433
L = th.Lock()
conns = []
nick = {}


def bc(m, c0):
    b = (m + "\n").encode()
    L.acquire()
    for c in conns:
        if c != c0:
            try:
                c.sendall(b)
            except OSError:
                pass
    L.release()


def bye(c):
    L.acquire()
    was_in = c in conns
    if was_in:
        conns.remove(c)
    L.release()
    if was_in:
        bc("SERVER: " + nick.pop(c) + " has left the chat.", None)
    c.close()


def line(c, a, t):
    if c not in nick:
        nick[c] = t.strip() or "noname" + str(a[1])
        L.acquire()
        conns.append(c)
        L.release()
        bc("SERVER: " + nick[c] + " has joined the chat.", c)
        return 1
    if t.strip().upper() == "EXIT":
        L.acquire()
        try:
            c.sendall(b"DONE\n")
        except OSError:
            pass
        L.release()
        return 0
    if t == "/name":
        return 1
    if "/name " in t:
        n = t.split("/name ", 1)[1].strip()
        if n != "":
            o = nick[c]
            nick[c] = n
            bc("SERVER: " + o + " is now " + n, c)
        return 1
    bc(nick[c] + ": " + t, c)
    return 1


def run(c, a):
    rest = b""
    go = 1
    while go:
        try:
            d = c.recv(10000)
        except OSError:
            d = b""
        if d == b"":
            break
        rest += d
        if b"\n" in d:
            parts = rest.split(b"\n")
            rest = parts[-1]
            for p in parts[:-1]:
                t = p.decode("utf-8", "ignore")
                if t.endswith("\r"):
                    t = t[:-1]
                go = line(c, a, t)
                if not go:
                    break
    bye(c)


s = so.socket()
s.setsockopt(so.SOL_SOCKET, so.SO_REUSEADDR, 1)
s.bind(("", P))
s.listen(99)
while 1:
    c, a = s.accept()
    th.Thread(target=run, args=(c, a), daemon=True).start()
