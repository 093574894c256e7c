#!/usr/bin/env python3
"""Group chat over TCP. One thread for each person."""

import socket
import threading

HOST = "127.0.0.1"
PORT = 65433


class Room:
    def __init__(self):
        self.lock = threading.Lock()
        self.guests = []

    def announce(self, text, without=None):
        with self.lock:
            present = list(self.guests)
        for guest in present:
            if guest is not without:
                guest.deliver(text)


class Guest:
    def __init__(self, room, sock, addr):
        self.room = room
        self.sock = sock
        self.addr = addr
        self.nick = None
        self.write_lock = threading.Lock()
        self.unread = b""

    def deliver(self, text):
        payload = (text + "\n").encode("utf-8")
        with self.write_lock:
            try:
                self.sock.sendall(payload)
            except OSError:
                pass

    def lines(self):
        pieces = []
        while True:
            try:
                piece = self.sock.recv(65536)
            except OSError:
                return
            if not piece:
                return
            head, nl, tail = piece.rpartition(b"\n")
            if not nl:
                pieces.append(tail)
                continue
            whole = b"".join(pieces) + head
            pieces = [tail]
            for raw in whole.split(b"\n"):
                if raw.endswith(b"\r"):
                    raw = raw[:-1]
                yield raw.decode("utf-8", errors="replace")

    def run(self):
        try:
            for line in self.lines():
                if not self.handle(line):
                    break
        finally:
            if self.nick is not None:
                with self.room.lock:
                    self.room.guests.remove(self)
                self.room.announce(f"SERVER: {self.nick} has left the chat.")
            self.sock.close()

    def handle(self, line):
        if self.nick is None:
            self.nick = line.strip() or "%s:%s" % self.addr
            with self.room.lock:
                self.room.guests.append(self)
            self.room.announce(f"SERVER: {self.nick} has joined the chat.", self)
            return True
        if line.strip().upper() == "EXIT":
            self.deliver("DONE")
            return False
        command, _, argument = line.partition(" ")
        if command == "/name":
            argument = argument.strip()
            if argument:
                previous, self.nick = self.nick, argument
                self.room.announce(f"SERVER: {previous} is now {argument}")
            return True
        self.room.announce(f"{self.nick}: {line}", self)
        return True


def main():
    room = Room()
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((HOST, PORT))
        server.listen(128)
        while True:
            sock, addr = server.accept()
            threading.Thread(target=Guest(room, sock, addr).run, daemon=True).start()


if __name__ == "__main__":
    main()
