"""Two processes: this one holds the sockets, the hub (multiprocessing) knows who is who and decides who gets what."""
import itertools
import multiprocessing
import queue
import socket
import threading


# ---- the hub: (number, line) comes in, (numbers, text, close?) goes out ----

def hub(link, other_end):
    other_end.close()
    names = {}

    def others(number):
        return [n for n in names if n != number]

    try:
        while True:
            number, line = link.recv()
            if line is None:
                name = names.pop(number, None)
                if name is not None:
                    link.send((list(names), "SERVER: %s has left the chat." % name))
                link.send(([number], None))
            elif number not in names:
                name = line.strip() or "guest %d" % number
                link.send((list(names), "SERVER: %s has joined the chat." % name))
                names[number] = name
            elif line.strip() == "/name":
                link.send(([number], "usage: /name NEW"))
            elif line.startswith("/name "):
                new = line[6:].strip()
                link.send((others(number), "SERVER: %s is now %s" % (names[number], new)))
                names[number] = new
            else:
                link.send((others(number), "%s: %s" % (names[number], line)))
    except (EOFError, OSError):
        pass                      # the other process has ended


# ---- the process with the sockets ----

class Line:
    """A telephone line: a connection with its queue and its two threads."""

    def __init__(self, number, conn, to_hub):
        self.number, self.conn, self.to_hub = number, conn, to_hub
        self.texts = queue.Queue()

    def start(self):
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.write, daemon=True).start()

    def read(self):
        try:
            with self.conn.makefile("rb") as stream:
                for raw in stream:
                    line = raw.decode("utf-8", "replace")
                    if not line.endswith("\n"):
                        break
                    line = line[:-1].rstrip("\r")
                    if line.strip().upper() == "EXIT":
                        self.texts.put("DONE")
                        break
                    self.to_hub(self.number, line)
        except OSError:
            pass
        self.to_hub(self.number, None)

    def write(self):
        try:
            for text in iter(self.texts.get, None):
                self.conn.sendall(text.encode() + b"\n")
            self.conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.conn.close()


def main():
    ours, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=hub, args=(theirs, ours), daemon=True).start()
    theirs.close()
    lines, mutex = {}, threading.Lock()

    def to_hub(number, text):
        with mutex:
            ours.send((number, text))

    def distribute():
        while True:
            numbers, text = ours.recv()
            for number in numbers:
                line = lines.pop(number, None) if text is None else lines.get(number)
                if line:
                    line.texts.put(text)

    threading.Thread(target=distribute, daemon=True).start()
    with socket.create_server(("0.0.0.0", 65433), backlog=32) as listener:
        for number in itertools.count(1):
            conn, _ = listener.accept()
            lines[number] = Line(number, conn, to_hub)
            lines[number].start()


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    main()
