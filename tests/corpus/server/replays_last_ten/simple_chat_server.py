#!/usr/bin/env python3
"""Chat server with a memory: who comes late can read what the others talked about."""
import collections
import queue
import socket
import threading

PORT = 65433
REMEMBERED = 10


class Room:
    """All changes happen under one lock; sending is the business of the members' own threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.members = {}                       # connection -> name
        self.queues = {}                        # connection -> what is still to be sent
        self.memory = collections.deque(maxlen=REMEMBERED)

    def _post(self, text, but=None):
        for conn in self.members:
            if conn is not but:
                self.queues[conn].put(text)

    def enter(self, conn, name, outgoing):
        with self.lock:
            self._post("SERVER: %s has joined the chat." % name)
            for text in self.memory:
                outgoing.put(text)
            self.members[conn] = name
            self.queues[conn] = outgoing

    def say(self, conn, text):
        with self.lock:
            line = "%s: %s" % (self.members[conn], text)
            self.memory.append(line)
            self._post(line, conn)

    def rename(self, conn, new):
        with self.lock:
            self._post("SERVER: %s is now %s" % (self.members[conn], new), conn)
            self.members[conn] = new

    def leave(self, conn):
        with self.lock:
            name = self.members.pop(conn, None)
            if name is not None:
                self.queues.pop(conn)
                self._post("SERVER: %s has left the chat." % name)


def write(conn, outgoing):
    try:
        while True:
            text = outgoing.get()
            if text is None:
                conn.shutdown(socket.SHUT_RDWR)
                return
            conn.sendall(text.encode("utf-8") + b"\n")
    except OSError:
        pass


def converse(room, conn, addr, outgoing):
    lines = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    name = None
    with lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            line = line.rstrip("\r\n")
            if name is None:
                name = line.strip() or "%s:%d" % addr
                room.enter(conn, name, outgoing)
            elif line.strip().upper() == "EXIT":
                outgoing.put("DONE")
                return
            elif line.split(" ")[0] == "/name":
                if line[5:].strip():
                    room.rename(conn, line[5:].strip())
            else:
                room.say(conn, line)


def serve(room, conn, addr):
    outgoing = queue.Queue()
    writer = threading.Thread(target=write, args=(conn, outgoing), daemon=True)
    writer.start()
    try:
        converse(room, conn, addr, outgoing)
    except OSError:
        pass
    finally:
        room.leave(conn)
        outgoing.put(None)
        writer.join()
        conn.close()


def main():
    room = Room()
    with socket.create_server(("", PORT), backlog=64) as listener:
        print("listening on port", PORT)
        while True:
            conn, addr = listener.accept()
            threading.Thread(target=serve, args=(room, conn, addr), daemon=True).start()


if __name__ == "__main__":
    main()
