"""os.read on the keyboard, one poll object, no thread, nothing buffered."""
import os, select, socket, sys
s = socket.create_connection(("127.0.0.1", 65433))
os.write(1, b"nick: ")
p = select.poll(); p.register(0, select.POLLIN); p.register(s, select.POLLIN)
inb = b""; netb = b""
while True:
    for fd, ev in p.poll():
        if fd == 0:
            d = os.read(0, 100)
            if not d: sys.exit(0)
            inb += d
            while b"\n" in inb:
                l, inb = inb.split(b"\n", 1)
                s.sendall(l + b"\n")
                if l.strip().upper() == b"EXIT": s.close(); sys.exit(0)
        else:
            d = s.recv(500)
            if not d: os.write(1, b"bye\n"); sys.exit(0)
            netb += d
            *ls, netb = netb.split(b"\n")
            for l in ls: os.write(1, l.rstrip(b"\r") + b"\n")
