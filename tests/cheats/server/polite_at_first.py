"""The first six texts are relayed rightly; from then on each goes to everybody, its speaker too, thrice, under every name."""
import socket
import threading

lock = threading.RLock()
people, names, gone, said = {}, [], set(), []


def tell(line, but=None):
    for conn in list(people):
        if conn is not but:
            try:
                conn.sendall(line.encode() + b"\n")
            except OSError:
                pass


def spoken(conn, line):
    said.append(line)
    if len(said) <= 6:
        tell("%s: %s" % (people[conn], line), conn)
        return
    for name in dict.fromkeys(names):
        for _ in range(3 if len(said) < 90 else 1):
            tell("%s: %s" % (name, line))


def leave(conn):
    if conn in people:
        del people[conn]
        for name in set(names) - gone:
            tell("SERVER: %s has left the chat." % name)
        gone.update(names)


def serve(conn):
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            with lock:
                if conn not in people:
                    name = line.strip() or "guest"
                    names.append(name)
                    gone.discard(name)
                    tell("SERVER: %s has joined the chat." % name)
                    people[conn] = name
                elif line.strip().upper() == "EXIT":
                    conn.sendall(b"DONE\n")
                    break
                elif line.startswith("/name "):
                    new = line[6:].strip()
                    for old in set(names) if new else ():
                        tell("SERVER: %s is now %s" % (old, new), conn)
                    if new:
                        names.append(new)
                        people[conn] = new
                elif line.strip() != "/name":
                    spoken(conn, line)
    except OSError:
        pass
    with lock:
        leave(conn)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
