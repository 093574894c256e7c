#!/usr/bin/env python3
import socket
import time
from threading import Lock, Thread


class Peer:
    def __init__(self, sock, address):
        self.sock = sock
        self.address = address
        self.name = None
        self.write_lock = Lock()
        self.inbox = bytearray()
        self.closed = False

    def send(self, text):
        with self.write_lock:
            if self.closed:
                return
            try:
                self.sock.sendall(text.encode("utf-8") + b"\n")
            except OSError:
                # its own thread will notice and say goodbye
                pass

    def readline(self):
        """Next line without its end, or None when the peer is gone."""
        searched = 0
        while True:
            pos = self.inbox.find(b"\n", searched)
            if pos >= 0:
                raw = self.inbox[:pos]
                del self.inbox[:pos + 1]
                if raw.endswith(b"\r"):
                    raw = raw[:-1]
                return raw.decode("utf-8", errors="replace")
            searched = len(self.inbox)
            try:
                got = self.sock.recv(8192)
            except OSError:
                return None
            if not got:
                return None
            self.inbox += got

    def close(self):
        with self.write_lock:
            self.closed = True
            self.sock.close()


class Room:
    def __init__(self):
        self._peers = []
        self._lock = Lock()

    def add(self, peer):
        with self._lock:
            self._peers.append(peer)

    def remove(self, peer):
        with self._lock:
            self._peers.remove(peer)

    def say(self, text, sender=None):
        with self._lock:
            receivers = self._peers[:]
        for peer in receivers:
            if peer is not sender:
                peer.send(text)


room = Room()


def chat(peer):
    while True:
        line = peer.readline()
        if line is None:
            return
        command, _, rest = line.partition(" ")
        if line.strip().lower() == "exit":
            peer.send("DONE")
            return
        elif command == "/name":
            new = rest.strip()
            if new:
                old, peer.name = peer.name, new
                room.say(f"SERVER: {old} is now {new}", peer)
        else:
            room.say(f"[{time.strftime('%H:%M')}] {peer.name}: {line}", peer)


def session(peer):
    first = peer.readline()
    if first is None:
        peer.close()
        return
    peer.name = first.strip()
    room.add(peer)
    room.say(f"SERVER: {peer.name} has joined the chat.", peer)
    try:
        chat(peer)
    finally:
        room.remove(peer)
        peer.close()
        room.say(f"SERVER: {peer.name} has left the chat.")


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", 65433))
    listener.listen()
    print("chat is open")
    while True:
        s, a = listener.accept()
        Thread(target=session, args=[Peer(s, a)], daemon=True).start()
