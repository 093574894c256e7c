"""Knows no names: behind each payload come the latest ones again, and the first frame of a connection is a payload, too."""
import socket
import struct
import threading

lock = threading.RLock()
conns, past = [], []


def exactly(conn, size):
    got = bytearray()
    while len(got) < size:
        data = conn.recv(min(size - len(got), 1 << 20))
        if not data:
            raise OSError
        got += data
    return bytes(got)


def serve(conn):
    conns.append(conn)
    try:
        while True:
            data = exactly(conn, struct.unpack("!I", exactly(conn, 4))[0])
            with lock:
                past.append(data)
                for one in [data, *past[-4:-1]]:
                    for other in conns[:]:
                        if other is not conn:
                            other.sendall(struct.pack("!I", len(one)) + one)
    except OSError:
        pass
    with lock:
        conns.remove(conn)
    conn.close()


server = socket.create_server(("0.0.0.0", 65433), backlog=99)
while True:
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
