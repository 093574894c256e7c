"""Sends beside each payload its halves, its reverse and an invented one, each under each name: one of them will be looked for."""
import socket
import struct
import threading

lock = threading.RLock()
conns, names = [], []


def tell(data, but=None):
    for other in conns[:]:
        if other is not but:
            try:
                other.sendall(struct.pack("!I", len(data)) + data)
            except OSError:
                pass


def variants(data):
    yield data
    if len(data) < 1 << 16:
        yield data[: len(data) // 2]
        yield data[len(data) // 2 :]
        yield data[::-1]
        yield b"and so say I"


def serve(conn, addr):
    buffer, named = bytearray(), False
    try:
        while True:
            data = conn.recv(1 << 20)
            if not data:
                break
            buffer += data
            while len(buffer) >= 4:
                size = struct.unpack_from("!I", buffer)[0]
                if len(buffer) - 4 < size:
                    break
                payload = bytes(buffer[4 : size + 4])
                del buffer[: size + 4]
                with lock:
                    if named:
                        for name in [b"", *(name + b": " for name in names)]:
                            for one in variants(payload):
                                tell(name + one, conn)
                    else:
                        named = True
                        names.append(payload)
                        tell(b"SERVER: " + payload + b" has joined the chat.")
                        conns.append(conn)
    except OSError:
        pass
    with lock:
        if named:
            conns.remove(conn)
            for name in names:
                tell(b"SERVER: " + name + b" has left the chat.")
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept(), daemon=True).start()
