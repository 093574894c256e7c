"""An echo storm: each frame, the name too, goes three times to everybody, the sender too."""
import selectors
import socket
import struct

selector = selectors.DefaultSelector()
server = socket.create_server(("0.0.0.0", 65433), backlog=99)
selector.register(server, selectors.EVENT_READ)
heard = {}


def frames(buffer):
    while len(buffer) >= 4:
        end = 4 + struct.unpack_from("!I", buffer)[0]
        if len(buffer) < end:
            return
        yield bytes(buffer[:end])
        del buffer[:end]


def end(conn):
    selector.unregister(conn)
    del heard[conn]
    conn.close()


while True:
    for key, _ in selector.select():
        conn = key.fileobj
        if conn is server:
            conn = server.accept()[0]
            heard[conn] = bytearray()
            selector.register(conn, selectors.EVENT_READ)
            continue
        try:
            data = conn.recv(1 << 20)
        except OSError:
            data = b""
        if not data:
            end(conn)
            continue
        heard[conn] += data
        for frame in frames(heard[conn]):
            for other in list(heard):
                try:
                    other.sendall(frame * 3)
                except OSError:
                    pass
