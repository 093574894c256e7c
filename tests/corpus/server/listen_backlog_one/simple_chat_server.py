from socket import *
from threading import *

L = Lock()
C = []      # [socket, name]

def tx(s, t):
    try:
        s.sendall(t.encode() + b"\n")
    except error:
        pass

def tx_all(t, me):
    L.acquire()
    for c in C:
        if c is not me:
            tx(c[0], t)
    L.release()

def handle(s, a):
    b = b""
    me = None
    stop = False
    while not stop:
        try:
            d = s.recv(50000)
        except error:
            break
        if not d:
            break
        b = b + d
        p = b.rfind(b"\n")
        if p < 0:
            continue
        todo = b[:p].split(b"\n")
        b = b[p+1:]
        for t in todo:
            t = t.decode("utf-8", "replace").rstrip("\r")
            if me is None:
                n = t.strip()
                if n == "":
                    n = repr(a)
                me = [s, n]
                L.acquire()
                C.append(me)
                L.release()
                tx_all("SERVER: " + n + " has joined the chat.", me)
            elif t.strip().upper() == "EXIT":
                L.acquire()
                tx(s, "DONE")
                L.release()
                stop = True
                break
            elif t == "/name" or t[0:6] == "/name ":
                n = t[6:].strip()
                if n != "":
                    o = me[1]
                    me[1] = n
                    tx_all("SERVER: " + o + " is now " + n, me)
            else:
                tx_all(me[1] + ": " + t, me)
    L.acquire()
    s.close()
    if me is not None:
        C.remove(me)
    L.release()
    if me is not None:
        tx_all("SERVER: " + me[1] + " has left the chat.", None)

q = socket(AF_INET, SOCK_STREAM)
q.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
q.bind(("0.0.0.0", 65433))
q.listen(1)
while True:
    s, a = q.accept()
    Thread(target=handle, args=(s, a), daemon=True).start()
