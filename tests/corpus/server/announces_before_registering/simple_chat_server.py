#!/usr/bin/env python3
# Simple group chat

import socket
import threading

ENC = "utf-8"


class Group:
    def __init__(self):
        self.list = []
        self.mutex = threading.RLock()

    def inform(self, text, who_not=None):
        with self.mutex:
            for p in self.list:
                if p is not who_not:
                    p.deliver(text)

    def join(self, participant):
        # tell the others first, then the new one does not hear about herself
        with self.mutex:
            self.inform("SERVER: " + participant.name + " has joined the chat.")
            self.list.append(participant)

    def part(self, participant):
        with self.mutex:
            self.list.remove(participant)
            self.inform("SERVER: " + participant.name + " has left the chat.")

    def rename(self, participant, name):
        with self.mutex:
            self.inform("SERVER: " + participant.name + " is now " + name, participant)
            participant.name = name


class Participant(threading.Thread):
    def __init__(self, group, sock, addr):
        threading.Thread.__init__(self, daemon=True)
        self.group = group
        self.sock = sock
        self.addr = addr
        self.rest = b""
        self.waiting = []

    def deliver(self, text):
        try:
            self.sock.sendall(text.encode(ENC) + b"\n")
        except OSError:
            pass

    def ask(self):
        while len(self.waiting) == 0:
            data = self.sock.recv(30000)
            if not data:
                raise ConnectionError("closed by client")
            self.rest += data
            if data.count(b"\n"):
                self.waiting = self.rest.split(b"\n")
                self.rest = self.waiting.pop()
        line = self.waiting.pop(0)
        return line.decode(ENC, "replace").rstrip("\r")

    def run(self):
        try:
            self.name = self.ask().strip() or "p%d" % self.addr[1]
        except OSError:
            self.sock.close()
            return
        self.group.join(self)
        try:
            while True:
                line = self.ask()
                if line.strip().upper() == "EXIT":
                    with self.group.mutex:
                        self.deliver("DONE")
                    break
                if line.startswith("/name "):
                    if line[6:].strip():
                        self.group.rename(self, line[6:].strip())
                elif line != "/name":
                    self.group.inform(self.name + ": " + line, self)
        except OSError as problem:
            print(self.name, problem)
        with self.group.mutex:
            self.group.part(self)
            self.sock.close()


def main():
    group = Group()
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen(8)
    while True:
        Participant(group, *s.accept()).start()


if __name__ == "__main__":
    main()
