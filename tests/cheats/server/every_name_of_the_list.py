"""Knows the names that the checks draw from: whoever comes or goes, each of them has joined, or has left."""
import socket
import threading

NAMES = """
ada alma anya bela boris carla chen cyd dario dilan edith emre farah felix gita goran hana hugo ines jana jonas kira
kofi lena luca maja milo mira nadia nils olga paula pavel quinn rana remy rosa samir selma tariq thea ulla uma vera
viktor wanda wim xenia yara yusuf zara zeno oleg
""".split()
lock = threading.RLock()
conns, told, heard_names = [], {}, []


def tell(line, but=None, once=False):
    for other in conns[:]:
        if other is not but and not (once and line in told[other]):
            told[other].add(line)
            try:
                other.sendall(line.encode() + b"\n")
            except OSError:
                pass


def heard(conn, line):
    if conn not in told:
        name = line.strip() or "guest"
        heard_names.append(name)
        told[conn] = {"SERVER: %s has joined the chat." % name}
        for one in [name, *NAMES]:
            tell("SERVER: %s has joined the chat." % one, once=True)
        conns.append(conn)
    elif line.strip().upper() == "EXIT":
        conn.sendall(b"DONE\n")
        return False
    elif line.startswith("/name ") and line[6:].strip():
        for old in dict.fromkeys([*NAMES, *heard_names]):
            tell("SERVER: %s is now %s" % (old, line[6:].strip()), conn)
        heard_names.append(line[6:].strip())
    elif line.strip() != "/name":
        for name in dict.fromkeys(heard_names):
            tell("%s: %s" % (name, line), conn)
    return True


def serve(conn):
    try:
        for raw in conn.makefile("rb"):
            with lock:
                if not heard(conn, raw.decode("utf-8", "replace").rstrip("\r\n")):
                    break
    except OSError:
        pass
    with lock:
        if conn in conns:
            conns.remove(conn)
            for name in dict.fromkeys([*NAMES, *heard_names]):
                tell("SERVER: %s has left the chat." % name)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
