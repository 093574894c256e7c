import socket
import struct
import threading

sock = socket.socket()
sock.connect(("127.0.0.1", 65433))
incoming = sock.makefile("rb")
outgoing = sock.makefile("wb")


def put(text):
    raw = text.encode()
    outgoing.write(struct.pack("!I", len(raw)))
    outgoing.write(raw)
    outgoing.flush()


def shower():
    while True:
        try:
            head = incoming.read(4)
            if len(head) < 4:
                break
            body = incoming.read(struct.unpack("!I", head)[0])
        except (OSError, ValueError):
            break
        try:
            print(body.decode())
        except UnicodeDecodeError:
            print("<%d bytes: %r>" % (len(body), body[:32]))


put(input("name> "))
threading.Thread(target=shower, daemon=True).start()
while True:
    try:
        said = input()
    except EOFError:
        break
    if said.strip().lower() in ("exit", "quit"):
        break
    put(said)
sock.shutdown(socket.SHUT_RDWR)
