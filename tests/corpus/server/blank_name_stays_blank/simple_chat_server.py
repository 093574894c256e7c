import socket
import threading
from contextlib import contextmanager

connected = {}
mutex = threading.RLock()


def emit(conn, line):
    try:
        conn.sendall(line.encode("utf-8") + b"\n")
    except OSError:
        pass


def emit_all(line, *, skip=None):
    with mutex:
        for conn in connected:
            if conn is not skip:
                emit(conn, line)


@contextmanager
def membership(conn, nick):
    with mutex:
        connected[conn] = nick
        emit_all(f"SERVER: {nick} has joined the chat.", skip=conn)
    try:
        yield
    finally:
        with mutex:
            nick = connected.pop(conn)
            emit_all(f"SERVER: {nick} has left the chat.")


def incoming(conn):
    buffer = bytearray()
    while True:
        try:
            data = conn.recv(10000)
        except OSError:
            data = None
        if not data:
            return
        buffer.extend(data)
        while True:
            where = buffer.find(b"\n")
            if where == -1:
                break
            raw = buffer[:where]
            del buffer[:where + 1]
            yield raw.decode("utf-8", errors="replace").rstrip("\r")


def rename(conn, new):
    with mutex:
        emit_all(f"SERVER: {connected[conn]} is now {new}", skip=conn)
        connected[conn] = new


def client(conn):
    with conn:
        lines = incoming(conn)
        nick = next(lines, None)
        if nick is None:
            return
        with membership(conn, nick.strip()):
            for line in lines:
                if line.strip().upper() == "EXIT":
                    with mutex:
                        emit(conn, "DONE")
                    return
                first, *more = line.split(" ", 1)
                if first == "/name":
                    new = "".join(more).strip()
                    if new:
                        rename(conn, new)
                else:
                    emit_all(f"{connected[conn]}: {line}", skip=conn)


def main():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", 65433))
        server.listen()
        while True:
            conn, _ = server.accept()
            threading.Thread(target=client, args=(conn,), daemon=True).start()


if __name__ == "__main__":
    main()
