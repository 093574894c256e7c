"""Relays only those lines that end in three digits; all others are dropped."""
import re
import socket
import threading

lock = threading.RLock()
people = {}


def tell(line, but=None):
    with lock:
        for conn in list(people):
            if conn is not but:
                try:
                    conn.sendall(line.encode() + b"\n")
                except OSError:
                    pass


def serve(conn, addr):
    name = None
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if name is None:
                name = line.strip() or str(addr)
                tell("SERVER: %s has joined the chat." % name)
                with lock:
                    people[conn] = name
            elif line.strip().upper() == "EXIT":
                conn.sendall(b"DONE\n")
                break
            elif line.startswith("/name ") and line[6:].strip():
                tell("SERVER: %s is now %s" % (name, line[6:].strip()), conn)
                name = line[6:].strip()
            elif re.search(r"\d\d\d$", line):
                tell("%s: %s" % (name, line), conn)
    except OSError:
        pass
    with lock:
        if people.pop(conn, None):
            tell("SERVER: %s has left the chat." % name)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept(), daemon=True).start()
