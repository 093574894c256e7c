#!/usr/bin/env python3
"""Chat server built on the selectors module (no threads at all)."""

import selectors
import socket
from collections import deque
from typing import Deque, List, Optional

ADDRESS = ("0.0.0.0", 65433)
sel = selectors.DefaultSelector()
connections: List["Connection"] = []


class Connection:
    def __init__(self, sock: socket.socket, address) -> None:
        self.sock = sock
        self.address = address
        self.nickname: Optional[str] = None
        self.chunks: List[bytes] = []          # parts of an unfinished line
        self.outbox: Deque[memoryview] = deque()
        self.leaving = False
        self.alive = True

    def write(self, text: str) -> None:
        if not self.alive:
            return
        self.outbox.append(memoryview(text.encode() + b"\n"))
        self.watch()

    def watch(self) -> None:
        mask = 0 if self.leaving else selectors.EVENT_READ
        if self.outbox:
            mask |= selectors.EVENT_WRITE
        if mask:
            sel.modify(self.sock, mask, self)
        else:
            self.close()

    def on_writable(self) -> None:
        try:
            while self.outbox:
                head = self.outbox.popleft()
                sent = self.sock.send(head)
                if sent < len(head):
                    self.outbox.appendleft(head[sent:])
                    break
        except BlockingIOError:
            self.outbox.appendleft(head)
        except OSError:
            self.close()
            return
        self.watch()

    def on_readable(self) -> None:
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        pieces = data.split(b"\n")
        for piece in pieces[:-1]:
            self.chunks.append(piece)
            line = b"".join(self.chunks)
            self.chunks.clear()
            self.process(line.decode("utf-8", errors="replace").rstrip("\r"))
            if self.leaving or not self.alive:
                return
        self.chunks.append(pieces[-1])

    def process(self, line: str) -> None:
        if self.nickname is None:
            self.nickname = line.strip() or f"{self.address[0]}:{self.address[1]}"
            connections.append(self)
            publish(f"SERVER: {self.nickname} has joined the chat.", self)
            return
        if line.strip().upper() == "EXIT":
            self.leaving = True
            self.write("DONE")
            return
        if line.startswith("/name") and line[5:6] in ("", " ", "\t"):
            new = line[5:].strip()
            if new:
                old, self.nickname = self.nickname, new
                publish(f"SERVER: {old} is now {new}", None)
            return
        publish(f"{self.nickname}: {line}", self)

    def close(self) -> None:
        if not self.alive:
            return
        self.alive = False
        sel.unregister(self.sock)
        self.sock.close()
        if self in connections:
            connections.remove(self)
            publish(f"SERVER: {self.nickname} has left the chat.", None)


def publish(text: str, origin: Optional[Connection]) -> None:
    for c in list(connections):
        if c is not origin:
            c.write(text)


def main() -> None:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
    server.bind(ADDRESS)
    server.listen()
    sel.register(server, selectors.EVENT_READ)
    while True:
        for key, events in sel.select():
            if key.data is None:
                sock, address = server.accept()
                sock.setblocking(False)
                sel.register(sock, selectors.EVENT_READ, Connection(sock, address))
                continue
            conn = key.data
            if events & selectors.EVENT_READ and conn.alive:
                conn.on_readable()
            if events & selectors.EVENT_WRITE and conn.alive:
                conn.on_writable()


if __name__ == "__main__":
    main()
