"""Frames without struct; header and payload go in two calls, under the lock of their receiver."""
import socket
import threading

LIMIT = 32 * 1024 * 1024


class TooLong(Exception):
    pass


class Connection:
    def __init__(self, sock):
        self.sock = sock
        self.lock = threading.Lock()
        self.nick = None

    def fill(self, size):
        store = bytearray(size)
        rest = memoryview(store)
        while rest:
            got = self.sock.recv_into(rest)
            if got == 0:
                raise EOFError
            rest = rest[got:]
        return bytes(store)

    def receive(self):
        size = int.from_bytes(self.fill(4), "big")
        if size > LIMIT:
            raise TooLong
        return self.fill(size)

    def send(self, payload):
        self.sock.sendall(len(payload).to_bytes(4, "big"))
        self.sock.sendall(payload)


present = []
present_lock = threading.RLock()


def everyone_but(me, payload):
    with present_lock:
        targets = [one for one in present if one is not me]
    for one in targets:
        try:
            one.send(payload)
        except OSError:
            pass


def look_after(me, host):
    try:
        me.nick = me.receive().decode("utf-8", "replace").strip() or host
        with present_lock:
            present.append(me)
        everyone_but(me, b"SERVER: " + me.nick.encode() + b" has joined the chat.")
        while True:
            payload = me.receive()
            if payload.strip().lower() == b"exit":
                me.send(b"DONE")
                break
            everyone_but(me, me.nick.encode() + b": " + payload)
    except TooLong:
        me.send(b"SERVER: that is too long.")
    except (EOFError, OSError):
        pass
    finally:
        with present_lock:
            if me in present:
                present.remove(me)
        me.sock.close()
        if me.nick is not None:
            everyone_but(me, b"SERVER: " + me.nick.encode() + b" has left the chat.")


if __name__ == "__main__":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", 65433))
    listener.listen()
    while True:
        sock, (host, _port) = listener.accept()
        threading.Thread(target=look_after, args=(Connection(sock), host), daemon=True).start()
