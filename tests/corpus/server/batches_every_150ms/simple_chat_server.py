#!/usr/bin/env python3
# Chat server that collects output and sends it in batches.
# (fewer packets when many people talk)

import socket
import threading
import time

INTERVAL = 0.15

registry_lock = threading.Lock()
registry = {}        # nickname owner (Session) by connection number


class Session:
    numbers = iter(range(1, 10 ** 9))

    def __init__(self, conn, addr):
        self.number = next(Session.numbers)
        self.conn = conn
        self.addr = addr
        self.nickname = None
        self.pending = bytearray()
        self.lock = threading.Lock()      # for pending and for the socket

    def later(self, text):
        with self.lock:
            self.pending += text.encode("utf-8") + b"\n"

    def flush(self):
        with self.lock:
            try:
                while self.pending:
                    count = self.conn.send(self.pending, socket.MSG_DONTWAIT)
                    del self.pending[:count]
            except BlockingIOError:
                pass                      # the rest goes with the next batch
            except OSError:
                self.pending.clear()      # gone, run() will notice it

    def drain(self):
        while self.pending:
            self.flush()
            if self.pending:
                time.sleep(INTERVAL)

    def process(self, line):
        """Returns False when the client wants to leave."""
        if self.nickname is None:
            self.nickname = line.strip() or "%s/%s" % self.addr
            with registry_lock:
                registry[self.number] = self
            deliver("SERVER: %s has joined the chat." % self.nickname, self)
        elif line.strip().upper() == "EXIT":
            self.later("DONE")
            self.drain()
            return False
        elif line == "/name" or line.startswith("/name "):
            new = line[6:].strip()
            if new:
                deliver("SERVER: %s is now %s" % (self.nickname, new), self)
                self.nickname = new
        else:
            deliver("%s: %s" % (self.nickname, line), self)
        return True

    def run(self):
        stream = self.conn.makefile("rb")
        try:
            while True:
                raw = stream.readline()
                if not raw.endswith(b"\n"):
                    break
                if not self.process(raw.decode("utf-8", "replace").rstrip("\r\n")):
                    break
        except OSError:
            pass
        with registry_lock:
            gone = registry.pop(self.number, None)
        with self.lock:
            stream.close()
            self.conn.close()
        if gone:
            deliver("SERVER: %s has left the chat." % self.nickname, self)


def deliver(text, sender):
    with registry_lock:
        for session in registry.values():
            if session is not sender:
                session.later(text)


def flusher():
    while True:
        time.sleep(INTERVAL)
        with registry_lock:
            sessions = list(registry.values())
        for session in sessions:
            session.flush()


def main():
    threading.Thread(target=flusher, daemon=True).start()
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", 65433))
    server.listen()
    while True:
        session = Session(*server.accept())
        threading.Thread(target=session.run, daemon=True).start()


main()
