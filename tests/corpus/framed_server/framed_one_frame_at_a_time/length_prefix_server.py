import selectors
import socket
import struct

events = selectors.DefaultSelector()
people = {}


class Person:
    def __init__(self, sock):
        self.sock = sock
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.nick = None
        self.leaving = False

    def frames(self):
        if len(self.incoming) >= 4:
            (size,) = struct.unpack_from("!I", self.incoming)
            if len(self.incoming) < 4 + size:
                return
            payload = bytes(self.incoming[4 : 4 + size])
            del self.incoming[: 4 + size]
            yield payload

    def post(self, payload):
        self.outgoing += struct.pack("!I", len(payload))
        self.outgoing += payload
        self.flush()

    def flush(self):
        try:
            while self.outgoing:
                with memoryview(self.outgoing) as view:
                    sent = self.sock.send(view[: 1 << 18])
                del self.outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self.outgoing.clear()
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self.outgoing else 0)
        if self.sock in people:
            events.modify(self.sock, wanted)


def to_others(payload, sender):
    for one in list(people.values()):
        if one is not sender and one.nick is not None:
            one.post(payload)


def drop(person):
    if people.pop(person.sock, None) is None:
        return
    events.unregister(person.sock)
    person.sock.close()
    if person.nick is not None:
        to_others(("SERVER: %s has left the chat." % person.nick).encode(), person)


def readable(person):
    try:
        data = person.sock.recv(1 << 16)
    except BlockingIOError:
        return
    except OSError:
        data = b""
    if not data:
        drop(person)
        return
    person.incoming += data
    for payload in person.frames():
        if person.nick is None:
            person.nick = payload.decode("utf-8", "replace").strip() or "anonymous"
            to_others(("SERVER: %s has joined the chat." % person.nick).encode(), person)
        elif payload.strip().upper() == b"EXIT":
            person.post(b"DONE")
            drop(person)
            return
        else:
            to_others(person.nick.encode() + b": " + payload, person)


def main():
    door = socket.create_server(("", 65433), backlog=64)
    door.setblocking(False)
    events.register(door, selectors.EVENT_READ)
    while True:
        for key, mask in events.select():
            if key.fileobj is door:
                sock, _ = door.accept()
                sock.setblocking(False)
                people[sock] = Person(sock)
                events.register(sock, selectors.EVENT_READ)
                continue
            person = people.get(key.fileobj)
            if person and mask & selectors.EVENT_WRITE:
                person.flush()
            if person and mask & selectors.EVENT_READ:
                readable(person)


if __name__ == "__main__":
    main()
