"""Beside each line stands an invented one: people say what they never said, strangers join, leave and change their names."""
import itertools
import socket
import threading

lock = threading.RLock()
people = {}
strangers = itertools.cycle(["Gwen", "Hal", "Ivo", "Jo"])
sayings = itertools.cycle(["of course", "I never said so", "not again!", "who is that?"])


def tell(line, but=None):
    for conn in list(people):
        if conn is not but:
            try:
                conn.sendall(line.encode() + b"\n")
            except OSError:
                pass


def invent():
    stranger = next(strangers)
    tell("SERVER: %s has joined the chat." % stranger)
    tell("SERVER: %s is now %s" % (stranger, next(strangers)))
    tell("SERVER: %s has left the chat." % stranger)


def heard(conn, line):
    name = people.get(conn)
    if name is None:
        name = line.strip() or "guest"
        tell("SERVER: %s has joined the chat." % name)
        people[conn] = name
    elif line.startswith("/name") and line[5:6] in ("", " "):
        if line[6:].strip():
            people[conn] = line[6:].strip()
            tell("SERVER: %s is now %s" % (name, people[conn]), conn)
    else:
        tell("%s: %s" % (name, line), conn)
        for one in list(people.values())[-4:]:
            tell("%s: %s" % (one, next(sayings)))
    invent()


def serve(conn):
    try:
        for raw in conn.makefile("rb"):
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            if conn in people and line.strip().upper() == "EXIT":
                conn.sendall(b"DONE\n")
                break
            with lock:
                heard(conn, line)
    except OSError:
        pass
    with lock:
        name = people.pop(conn, None)
        if name:
            tell("SERVER: %s has left the chat." % name)
            invent()
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
