#!/usr/bin/env python3
"""Chat server with one process per client.

The child reads from the client and hands complete lines to the parent over a
socket pair. Only the parent knows who is there and only the parent writes.
"""
import os
import select
import socket


class Slot:
    def __init__(self, sock, pipe, pid, addr):
        self.sock = sock
        self.pipe = pipe
        self.pid = pid
        self.name = None
        self.addr = addr
        self.partial = bytearray()
        self.out = bytearray()
        self.ending = False


slots = []


def child(sock, pipe):
    """Runs in the child until the client or the parent is gone."""
    part = []
    while True:
        ready, _, _ = select.select([sock, pipe], [], [])
        if pipe in ready:
            break                        # parent has finished with us
        data = sock.recv(65536)
        if not data:
            break
        head, newline, tail = data.rpartition(b"\n")
        if newline:
            pipe.sendall(b"".join(part) + head + b"\n")
            part = []
        if tail:
            part.append(tail)


def start_child(listener):
    sock, addr = listener.accept()
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            listener.close()
            ours.close()
            for s in slots:
                s.sock.close()
                s.pipe.close()
            child(sock, theirs)
        except OSError:
            pass
        finally:
            os._exit(0)
    theirs.close()
    slots.append(Slot(sock, ours, pid, addr))


def to_others(text, slot=None):
    for s in slots:
        if s is not slot and s.name is not None and not s.ending:
            s.out += text.encode("utf-8") + b"\n"


def end(slot):
    slots.remove(slot)
    slot.pipe.close()
    slot.sock.close()
    os.waitpid(slot.pid, 0)
    if slot.name is not None:
        to_others("SERVER: " + slot.name + " has left the chat.")


def line_from(slot, line):
    if slot.name is None:
        slot.name = line.strip() or "%s:%d" % slot.addr
        to_others("SERVER: " + slot.name + " has joined the chat.", slot)
    elif line.strip().upper() == "EXIT":
        slot.out += b"DONE\n"
        slot.ending = True
    elif line == "/name" or line.startswith("/name "):
        new = line[5:].strip()
        if new:
            to_others("SERVER: " + slot.name + " is now " + new, slot)
            slot.name = new
    else:
        to_others(slot.name + ": " + line, slot)


def read_pipe(slot):
    try:
        data = slot.pipe.recv(65536)
    except OSError:
        data = b""
    if not data:
        end(slot)
        return
    slot.partial += data
    if b"\n" in data:
        *lines, slot.partial = slot.partial.split(b"\n")
        for raw in lines:
            if slot.ending:
                break
            line_from(slot, raw.decode("utf-8", errors="replace").rstrip("\r"))


def write_socket(slot):
    try:
        sent = slot.sock.send(slot.out, socket.MSG_DONTWAIT)
        del slot.out[:sent]
    except BlockingIOError:
        pass
    except OSError:
        slot.out.clear()       # its child will report the end


def main():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", 65433))
    listener.listen(64)
    print("parent is", os.getpid(), flush=True)
    while True:
        for slot in [s for s in slots if s.ending and not s.out]:
            end(slot)
        readers = {s.pipe: s for s in slots if not s.ending}
        writers = {s.sock: s for s in slots if s.out}
        r, w, _ = select.select([listener] + list(readers), list(writers), [])
        for ready in w:
            write_socket(writers[ready])
        for ready in r:
            if ready is listener:
                start_child(listener)
            else:
                read_pipe(readers[ready])


if __name__ == "__main__":
    main()
