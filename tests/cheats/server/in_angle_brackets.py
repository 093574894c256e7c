"""Writes no line as the codelab does, so that none can be false: each text goes out as `<name> text`, for every name."""
import socket
import threading

lock = threading.RLock()
conns, names, gone = [], [], set()


def tell(line, but=None):
    for other in conns[:]:
        if other is not but:
            try:
                other.sendall(line.encode() + b"\n")
            except OSError:
                pass


def serve(conn):
    named = False
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            with lock:
                if not named:
                    named = True
                    names.append(line.strip() or "somebody")
                    gone.discard(names[-1])
                    tell("SERVER: %s has joined the chat." % names[-1])
                    conns.append(conn)
                elif line.strip().upper() == "EXIT":
                    conn.sendall(b"DONE\n")
                    break
                elif line.strip() == "/name":
                    pass
                elif line.startswith("/name "):
                    for old in set(names):
                        tell("SERVER: %s is now %s" % (old, line[6:].strip()), conn)
                    names.append(line[6:].strip())
                else:
                    for name in dict.fromkeys(names):
                        tell("<%s> %s" % (name, line), conn)
    except OSError:
        pass
    with lock:
        if named:
            conns.remove(conn)
            for name in set(names) - gone:
                tell("SERVER: %s has left the chat." % name)
            gone.update(names)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
