"""A chat in frames: a thread for each client, and a lock for each client's socket."""
import socket
import struct
import threading

clients = {}
clients_lock = threading.Lock()


def recv_exact(conn, count):
    parts = []
    while count > 0:
        part = conn.recv(min(count, 65536))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def recv_frame(conn):
    header = recv_exact(conn, 2)
    if header is None:
        return None
    (length,) = struct.unpack("!H", header)
    return recv_exact(conn, length)


def send_frame(conn, payload):
    data = struct.pack("!H", len(payload)) + payload
    with conn_locks[conn]:
        conn.sendall(data)


conn_locks = {}


def broadcast(payload, skip):
    with clients_lock:
        others = [conn for conn in clients if conn is not skip]
    for conn in others:
        try:
            send_frame(conn, payload)
        except (OSError, KeyError):
            pass


def serve(conn, address):
    conn_locks[conn] = threading.Lock()
    name = None
    try:
        first = recv_frame(conn)
        if first is None:
            return
        name = first.decode("utf-8", "replace").strip() or "%s:%d" % address
        with clients_lock:
            clients[conn] = name
        broadcast(("SERVER: %s has joined the chat." % name).encode(), conn)
        while True:
            payload = recv_frame(conn)
            if payload is None:
                break
            if payload.strip().upper() == b"EXIT":
                send_frame(conn, b"DONE")
                break
            broadcast(name.encode() + b": " + payload, conn)
    except OSError:
        pass
    finally:
        with clients_lock:
            clients.pop(conn, None)
        conn.close()
        conn_locks.pop(conn, None)
        if name is not None:
            broadcast(("SERVER: %s has left the chat." % name).encode(), conn)


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", 65433))
    listener.listen(50)
    print("Framed chat on port 65433", flush=True)
    while True:
        conn, address = listener.accept()
        threading.Thread(target=serve, args=(conn, address), daemon=True).start()


if __name__ == "__main__":
    main()
