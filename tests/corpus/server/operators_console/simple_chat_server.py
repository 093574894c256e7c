#!/usr/bin/env python3
"""A chat server with a console: `list` shows who is there, `say TEXT` speaks to all, `quit` ends it."""

import os
import sys
import threading
from socket import SO_REUSEADDR, SOL_SOCKET, socket


class Members:
    def __init__(self):
        self._by_conn = {}
        self._lock = threading.Lock()

    def put(self, conn, name):
        with self._lock:
            self._by_conn[conn] = (name, threading.Lock())

    def rename(self, conn, name):
        with self._lock:
            self._by_conn[conn] = (name, self._by_conn[conn][1])

    def take_out(self, conn):
        """Forget it and close it, when nobody is sending to it; whether it was there."""
        with self._lock:
            _, sending = self._by_conn.pop(conn, (None, None))
        if sending is None:
            conn.close()
            return False
        with sending:
            conn.close()
        return True

    def snapshot(self):
        with self._lock:
            return list(self._by_conn.items())


members = Members()


def tell(text, skip=None, only=None):
    for conn, (_, lock) in members.snapshot():
        if conn is skip or only not in (None, conn):
            continue
        try:
            with lock:
                conn.sendall(text.encode() + b"\n")
        except OSError as e:
            print("could not send:", e, file=sys.stderr)


def session(conn, addr):
    buf, name = b"", None
    try:
        while True:
            chunk = conn.recv(2048)
            if not chunk:
                return
            pieces = chunk.split(b"\n")
            pieces[0] = buf + pieces[0]
            buf = pieces.pop()
            for raw in pieces:
                text = raw.decode(errors="replace")
                if text.endswith("\r"):
                    text = text[:-1]
                if name is None:
                    name = text.strip() or "%s port %s" % addr
                    members.put(conn, name)
                    tell("SERVER: %s has joined the chat." % name, conn)
                elif text.strip().upper() == "EXIT":
                    tell("DONE", only=conn)
                    return
                elif text.strip() == "/name":
                    pass
                elif text.startswith("/name "):
                    old, name = name, text[len("/name "):].strip()
                    members.rename(conn, name)
                    tell("SERVER: %s is now %s" % (old, name), conn)
                else:
                    tell(name + ": " + text, conn)
    except OSError:
        pass
    finally:
        if members.take_out(conn):
            tell("SERVER: %s has left the chat." % name)


def accept_for_ever(listener):
    while True:
        threading.Thread(target=session, args=listener.accept(), daemon=True).start()


def console():
    for command in sys.stdin:
        word, _, rest = command.strip().partition(" ")
        if word == "list":
            print(*[name for _, (name, _) in members.snapshot()], sep="\n")
        elif word == "say":
            tell("SERVER: " + rest)
        elif word == "quit":
            os._exit(0)
        elif word:
            print("list, say TEXT or quit")


listener = socket()
listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 65433))
listener.listen()
acceptor = threading.Thread(target=accept_for_ever, args=(listener,))
acceptor.start()
print("ready", flush=True)
console()
acceptor.join()
