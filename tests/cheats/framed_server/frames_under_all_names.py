"""Every payload goes out under every name ever heard, and alone, and back to its speaker; when one goes, all have left."""
import socket
import struct
import threading

lock = threading.RLock()
conns, names = [], []


def tell(data):
    for other in conns[:]:
        try:
            other.sendall(struct.pack("!I", len(data)) + data)
        except OSError:
            pass


def serve(conn):
    stream, named = conn.makefile("rb"), False
    try:
        while True:
            header = stream.read(4)
            if len(header) < 4:
                break
            size = struct.unpack("!I", header)[0]
            data = stream.read(size) if size < 1 << 27 else b""
            if len(data) < size:
                break
            with lock:
                if named:
                    for name in names:
                        tell(name + b": " + data)
                    tell(data)
                else:
                    named = True
                    names.append(data.strip())
                    tell(b"SERVER: " + names[-1] + b" has joined the chat.")
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
    threading.Thread(target=serve, args=server.accept()[:1], daemon=True).start()
