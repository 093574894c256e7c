import select
import socket

RECV = 65536


class Member:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.name = None
        self.inbox = b""
        self.outbox = []
        self.quitting = False

    def fileno(self):
        return self.sock.fileno()

    def add(self, text):
        self.outbox.append((text + "\n").encode("utf-8"))

    def flush(self):
        """Send what fits now. False when the other end has closed."""
        data = b"".join(self.outbox)
        try:
            n = self.sock.send(data[:200000])
        except BlockingIOError:
            n = 0
        except BrokenPipeError:
            return False
        rest = data[n:]
        self.outbox = [rest] if rest else []
        return True


members = []


def tell(text, skip=None):
    for m in members:
        if m is not skip and m.name is not None:
            m.add(text)


def kick(m):
    members.remove(m)
    m.sock.close()
    if m.name is not None:
        tell(f"SERVER: {m.name} has left the chat.")


def got_line(m, line):
    if m.name is None:
        name = line.strip() or f"anon-{m.addr[1]}"
        tell(f"SERVER: {name} has joined the chat.", m)
        m.name = name
    elif line.strip().upper() == "EXIT":
        m.add("DONE")
        m.quitting = True
    elif line.strip() == "/name":
        m.add("No name given.")
    elif line.startswith("/name "):
        new = line[6:].strip()
        tell(f"SERVER: {m.name} is now {new}", m)
        m.name = new
    else:
        tell(f"{m.name}: {line}", m)


def cut(m, data):
    """The finished lines; what is left stays in the inbox."""
    m.inbox += data
    if b"\n" not in data:
        return []
    lines = m.inbox.split(b"\n")
    m.inbox = lines.pop()
    return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]


def stranger_readable(m):
    # somebody who has not said a name yet, may be anything (a port scan...)
    try:
        data = m.sock.recv(RECV)
    except OSError:
        data = b""
    if data:
        for line in cut(m, data):
            if not m.quitting:
                got_line(m, line)
    else:
        kick(m)


def member_readable(m):
    data = m.sock.recv(RECV)
    if data:
        for line in cut(m, data):
            if not m.quitting:
                got_line(m, line)
    else:
        kick(m)


def main():
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("0.0.0.0", 65433))
    door.listen(64)
    while True:
        want_read = [door] + [m for m in members if not m.quitting]
        want_write = [m for m in members if m.outbox]
        r, w, _ = select.select(want_read, want_write, [])
        for thing in r:
            if thing is door:
                sock, addr = door.accept()
                sock.setblocking(False)
                members.append(Member(sock, addr))
            elif thing.name is None:
                stranger_readable(thing)
            else:
                member_readable(thing)
        for m in w:
            if m not in members:
                continue
            if not m.flush() or (m.quitting and not m.outbox):
                kick(m)


main()
