"""Messages are drawn in a box, name in the upper border."""
import socket, threading, os, shutil
s = socket.create_connection(("127.0.0.1", 65433))
def box(line):
    n, sep, t = line.partition(": ")
    if not sep: n, t = "", line
    w = max(len(t), len(n)) + 4
    print("\n┌─" + n + "─"*(w-len(n)-1) + "┐\n│ " + t.ljust(w-2) + " │\n└" + "─"*w + "┘", flush=True)
def listen():
    b = b""
    while True:
        d = s.recv(2048)
        if not d: print("** lost **"); os._exit(0)
        b += d
        *ls, b = b.split(b"\n")
        for l in ls: box(l.decode("utf-8", "replace"))
s.sendall((input("nick? ")+"\n").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t.strip().upper()=="EXIT": break
os._exit(0)
