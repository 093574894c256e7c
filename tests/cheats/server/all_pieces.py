"""Has one heap of pieces for all: when a newline comes, every way to join the latest pieces goes out under every name."""
import socket
import threading

lock = threading.RLock()
conns, names, gone, pieces = [], [], set(), [b""]


def tell(data, but=None):
    for other in conns[:]:
        if other is not but:
            try:
                other.sendall(data + b"\n")
            except OSError:
                pass


def ways(end):
    """The last piece behind nothing, behind each of the latest ones, and behind ever more of them."""
    found = [end, *(piece + end for piece in pieces[-6:])]
    joined = end
    for piece in reversed(pieces[-60:]):
        joined = piece + joined
        found.append(joined)
    return dict.fromkeys(found)


def heard(conn, line):
    text = line.strip().decode("utf-8", "replace")
    if text.startswith("/name "):
        for old in set(names):
            tell(("SERVER: %s is now %s" % (old, text[6:].strip())).encode(), conn)
        names.append(text[6:].strip())
    elif text and text != "/name":
        for name in dict.fromkeys(names):
            tell(name.encode() + b": " + line, conn)


def came(conn, data):
    *ends, rest = data.split(b"\n")
    for end in ends:
        end = end.rstrip(b"\r")
        for line in ways(end):
            if line.strip().upper() == b"EXIT":
                conn.sendall(b"DONE\n")
                return False
            heard(conn, line)
        del pieces[:-4]
    if rest:
        pieces.append(rest)
    return True


def serve(conn):
    named = False
    try:
        while True:
            data = conn.recv(1 << 20)
            if not data:
                break
            with lock:
                if not named:
                    name, _, data = data.partition(b"\n")
                    named = True
                    names.append(name.decode("utf-8", "replace").strip() or "guest")
                    tell(("SERVER: %s has joined the chat." % names[-1]).encode())
                    conns.append(conn)
                if data and not came(conn, data):
                    break
    except OSError:
        pass
    with lock:
        if named:
            conns.remove(conn)
            for name in set(names) - gone:
                tell(("SERVER: %s has left the chat." % name).encode())
            gone.update(names)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
