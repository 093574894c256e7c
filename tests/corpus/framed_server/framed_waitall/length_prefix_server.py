"""The kernel collects the bytes (MSG_WAITALL); one lock for all that is sent."""
import socket, struct, threading

members = {}
lock = threading.RLock()


def get(conn):
    head = conn.recv(4, socket.MSG_WAITALL)
    if len(head) != 4:
        return None
    n = struct.unpack("!I", head)[0]
    body = conn.recv(n, socket.MSG_WAITALL) if n else b""
    return body if len(body) == n else None


def put_all(body, but=None):
    packet = struct.pack("!I", len(body)) + body
    with lock:
        for conn in list(members):
            if conn is not but:
                try:
                    conn.sendall(packet)
                except OSError:
                    pass


def run(conn, addr):
    name = b""
    try:
        first = get(conn)
        if first is None:
            return
        name = first.strip() or str(addr[1]).encode()
        with lock:
            members[conn] = name
        put_all(b"SERVER: " + name + b" has joined the chat.", conn)
        for body in iter(lambda: get(conn), None):
            if body.strip().upper() == b"EXIT":
                with lock:
                    conn.sendall(struct.pack("!I", 4) + b"DONE")
                break
            put_all(name + b": " + body, conn)
    except OSError:
        pass
    finally:
        with lock:
            members.pop(conn, None)
        conn.close()
        if name:
            put_all(b"SERVER: " + name + b" has left the chat.")


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 65433))
s.listen(20)
while True:
    c, a = s.accept()
    threading.Thread(target=run, args=(c, a), daemon=True).start()
