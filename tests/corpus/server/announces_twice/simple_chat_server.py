import collections
import socket
import threading


class Mailbox:
    """Lines that wait to be sent to one client."""

    def __init__(self):
        self.lines = collections.deque()
        self.changed = threading.Condition()
        self.closed = False

    def add(self, text):
        with self.changed:
            if not self.closed:
                self.lines.append(text.encode("utf-8") + b"\n")
                self.changed.notify()

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify()

    def take(self):
        with self.changed:
            while not self.lines and not self.closed:
                self.changed.wait()
            if not self.lines:
                return None
            everything = b"".join(self.lines)
            self.lines.clear()
            return everything


class Room:
    def __init__(self):
        self.boxes = {}
        self.names = {}
        self.lock = threading.Lock()

    def notice(self, text, but=None):
        with self.lock:
            for key in self.boxes:
                if key != but:
                    self.boxes[key].add(text)

    def enter(self, key, name, box):
        with self.lock:
            self.boxes[key] = box
            self.names[key] = name
        self.notice("SERVER: %s has joined the chat." % name, key)

    def leave(self, key):
        with self.lock:
            del self.boxes[key]
            name = self.names.pop(key)
        self.notice("SERVER: %s has left the chat." % name)

    def rename(self, key, name):
        text = "SERVER: %s is now %s" % (self.names[key], name)
        self.notice(text, key)
        self.names[key] = name
        for other in list(self.boxes):
            if other != key:
                self.tell(other, text)

    def tell(self, key, text):
        box = self.boxes.get(key)
        if box:
            box.add(text)

    def chat(self, key, text):
        self.notice(self.names[key] + ": " + text, key)


room = Room()


def pump(conn, box):
    while True:
        data = box.take()
        if data is None:
            break
        try:
            conn.sendall(data)
        except OSError:
            break
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


def listen_to(conn, key):
    stream = conn.makefile("r", encoding="utf-8", errors="replace", newline="\n")
    box = Mailbox()
    joined = False
    try:
        for line in stream:
            if not line.endswith("\n"):
                break
            line = line.rstrip("\r\n")
            if not joined:
                joined = True
                threading.Thread(target=pump, args=(conn, box), daemon=True).start()
                room.enter(key, line.strip() or str(key), box)
            elif line.strip().upper() == "EXIT":
                box.add("DONE")
                break
            elif line.split(" ")[0] == "/name":
                if line[5:].strip():
                    room.rename(key, line[5:].strip())
            else:
                room.chat(key, line)
    except OSError:
        pass
    if joined:
        room.leave(key)
    box.close()
    stream.close()
    if not joined:
        conn.close()        # else pump() closes it, after the last line


def main():
    with socket.create_server(("", 65433), backlog=50) as srv:
        while True:
            conn, addr = srv.accept()
            threading.Thread(target=listen_to, args=(conn, addr), daemon=True).start()


if __name__ == "__main__":
    main()
