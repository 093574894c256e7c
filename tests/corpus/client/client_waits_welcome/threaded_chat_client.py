"""Waits up to one second for a welcome before it asks for the name."""
import socket, threading, os, sys
s = socket.create_connection(("127.0.0.1", 65433))
s.settimeout(1.0)
buf = b""
try:
    buf = s.recv(1024)
except socket.timeout:
    pass
s.settimeout(None)
print("Connected.")
sys.stdout.write("Username: "); sys.stdout.flush()
s.sendall(sys.stdin.readline().strip().encode() + b"\n")
def listen():
    global buf
    while True:
        while b"\n" in buf:
            l, buf = buf.split(b"\n", 1); print(l.decode("utf-8", "replace"))
        d = s.recv(4096)
        if not d: print("gone"); os._exit(0)
        buf += d
threading.Thread(target=listen, daemon=True).start()
for t in sys.stdin:
    s.sendall(t.encode())
    if t.strip().upper() == "EXIT": break
s.close()
