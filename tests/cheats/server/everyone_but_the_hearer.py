"""Knows of each connection only its own name, and tells it everything of everybody else: with two in the room that is right."""
import socket
import threading

lock = threading.RLock()
ears, names = {}, []


def tell(form, but=None):
    for conn, own in list(ears.items()):
        for name in dict.fromkeys(names):
            if conn is not but and name != own:
                try:
                    conn.sendall(form.replace("<>", name, 1).encode() + b"\n")
                except OSError:
                    pass


def serve(conn):
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            with lock:
                if conn not in ears:
                    name = line.strip() or "guest"
                    for other in ears:
                        other.sendall(("SERVER: %s has joined the chat.\n" % name).encode())
                    ears[conn] = name
                    names.append(name)
                elif line.strip().upper() == "EXIT":
                    conn.sendall(b"DONE\n")
                    break
                elif line.startswith("/name "):
                    new = line[6:].strip()
                    if new:
                        tell("SERVER: <> is now %s" % new, conn)
                        if ears[conn] in names:
                            names.remove(ears[conn])
                        ears[conn] = new
                        names.append(new)
                elif line.strip() != "/name":
                    tell("<>: %s" % line, conn)
    except OSError:
        pass
    with lock:
        if ears.pop(conn, None):
            tell("SERVER: <> has left the chat.")
            names[:] = ears.values()
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
