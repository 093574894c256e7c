"""At each join, leave and rename, and with each third message, everybody gets all messages of the past again, under all names."""
import socket
import threading

lock = threading.RLock()
conns, names, gone, past = [], [], set(), []


def tell(line, but=None):
    for other in conns[:]:
        if other is not but:
            try:
                other.sendall(line.encode() + b"\n")
            except OSError:
                pass


def replay():
    for text in past[-40:]:
        for name in list(dict.fromkeys(names))[-8:]:
            tell("%s: %s" % (name, text))


def heard(conn, line):
    if line.startswith("/name") and line[5:6] in ("", " "):
        new = line[6:].strip()
        if new:
            for old in set(names):
                tell("SERVER: %s is now %s" % (old, new), conn)
            names.append(new)
            replay()
        return
    for name in dict.fromkeys(names):
        tell("%s: %s" % (name, line), conn)
    past.append(line)
    if len(past) % 3 == 0 and len(past) < 60:
        replay()


def serve(conn):
    named = False
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if named and line.strip().upper() == "EXIT":
                conn.sendall(b"DONE\n")
                break
            with lock:
                if named:
                    heard(conn, line)
                    continue
                named = True
                names.append(line.strip() or "guest")
                gone.discard(names[-1])
                tell("SERVER: %s has joined the chat." % names[-1])
                conns.append(conn)
                replay()
    except OSError:
        pass
    with lock:
        if named:
            conns.remove(conn)
            for name in set(names) - gone:
                tell("SERVER: %s has left the chat." % name)
            gone.update(names)
            replay()
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
