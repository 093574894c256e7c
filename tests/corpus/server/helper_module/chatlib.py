"""The chat room itself."""
import socket
from threading import Lock

import protocol


def open_door(port):
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("", port))
    door.listen(32)
    return door


class Hall:
    def __init__(self):
        self.guests = {}        # id -> [socket, name]
        self.counter = 0
        self.lock = Lock()

    def welcome(self, visitor, origin):
        number = None
        splitter = protocol.LineSplitter()
        try:
            keep = True
            while keep:
                block = visitor.recv(32 * 1024)
                if not block:
                    break
                for line in splitter.feed(block):
                    if number is None:
                        number = self.enter(visitor, line.strip() or "%s:%s" % origin)
                    elif not self.act(number, line):
                        keep = False
                        break
        except OSError:
            pass
        finally:
            self.leave(number, visitor)

    def enter(self, visitor, name):
        with self.lock:
            self.counter += 1
            number = self.counter
            self._tell(protocol.joined(name))
            self.guests[number] = [visitor, name]
        return number

    def act(self, number, line):
        kind, value = protocol.classify(line)
        with self.lock:
            sock, name = self.guests[number]
            if kind == protocol.QUIT:
                sock.sendall(protocol.pack("DONE"))
                return False
            if kind == protocol.RENAME:
                self.guests[number][1] = value
                self._tell(protocol.renamed(name, value))
            elif kind == protocol.CHAT:
                self._tell(name + ": " + value, number)
        return True

    def leave(self, number, visitor):
        with self.lock:
            if number is not None:
                name = self.guests.pop(number)[1]
                self._tell(protocol.left(name))
            visitor.close()

    def _tell(self, text, sender=None):
        data = protocol.pack(text)
        for number, (sock, _) in self.guests.items():
            if number == sender:
                continue
            try:
                sock.sendall(data)
            except OSError:
                continue    # leave() is called by the thread of that guest
