#!/usr/bin/env python3
import socket
import threading

HOST, PORT = "0.0.0.0", 65433
members = []
members_lock = threading.Lock()


class Member:
    def __init__(self, sock, where):
        self.sock = sock
        self.where = where
        self.nick = ""
        self.rest = bytearray()
        self.sending = threading.Lock()
        self.alive = True
        sock.settimeout(1)

    def write(self, text):
        with self.sending:
            if not self.alive:
                return
            left = memoryview(text.encode("utf-8") + b"\n")
            while left:
                try:
                    left = left[self.sock.send(left):]
                except socket.timeout:
                    continue            # slow, but still there
                except OSError:
                    return              # its own thread will see it

    def lines(self):
        while self.alive:
            try:
                data = self.sock.recv(32768)
            except socket.timeout:
                continue                # nobody said anything, look again
            except OSError:
                return
            if not data:
                return
            self.rest += data
            while self.alive:
                at = self.rest.find(b"\n", max(0, len(self.rest) - len(data)))
                if at < 0:
                    break
                line = self.rest[:at]
                del self.rest[:at + 1]
                data = self.rest        # what is left may hold another newline anywhere
                yield line.decode("utf-8", "replace").rstrip("\r")


def announce(text, but=None):
    with members_lock:
        now = [m for m in members if m is not but]
    for m in now:
        m.write(text)


def serve(m):
    try:
        for line in m.lines():
            if not m.nick:
                m.nick = line.strip() or "%s:%d" % m.where
                with members_lock:
                    members.append(m)
                announce("SERVER: %s has joined the chat." % m.nick, m)
            elif line.strip().upper() == "EXIT":
                m.write("DONE")
                break
            elif line.strip() == "/name" or line[:6] == "/name ":
                new = line[6:].strip()
                if new:
                    old, m.nick = m.nick, new
                    announce("SERVER: %s is now %s" % (old, new), m)
            else:
                announce("%s: %s" % (m.nick, line), m)
    finally:
        with members_lock:
            known = m in members
            if known:
                members.remove(m)
        with m.sending:
            m.alive = False
            m.sock.close()
        if known:
            announce("SERVER: %s has left the chat." % m.nick)


def main():
    door = socket.create_server((HOST, PORT), backlog=50)
    door.settimeout(1)
    while True:
        try:
            sock, where = door.accept()
        except socket.timeout:
            continue
        threading.Thread(target=serve, args=(Member(sock, where),), daemon=True).start()


main()
