"""Chat server; every client's outgoing lines are put together for 40 ms, as Nagle would do."""
import socket
import threading
import time


class Outgoing(threading.Thread):
    def __init__(self, conn):
        super().__init__(daemon=True)
        self.conn = conn
        self.waiting = []
        self.finished = False
        self.changed = threading.Condition()

    def add(self, text):
        with self.changed:
            self.waiting.append(text)
            self.changed.notify()

    def finish(self):
        with self.changed:
            self.finished = True
            self.changed.notify()

    def run(self):
        while True:
            with self.changed:
                while not self.waiting and not self.finished:
                    self.changed.wait()
                if not self.waiting:
                    break
            time.sleep(0.04)
            with self.changed:
                batch, self.waiting = self.waiting, []
            try:
                self.conn.sendall("".join(t + "\n" for t in batch).encode("utf-8"))
            except OSError:
                break


class Chat:
    def __init__(self):
        self.out = {}
        self.lock = threading.RLock()

    def to_all(self, text, but=None):
        with self.lock:
            for conn, outgoing in self.out.items():
                if conn is not but:
                    outgoing.add(text)

    def handle(self, conn, addr):
        reader = conn.makefile("rb")
        name, outgoing = None, Outgoing(conn)
        outgoing.start()
        try:
            for raw in reader:
                if not raw.endswith(b"\n"):
                    break
                line = raw[:-1].decode("utf-8", errors="replace").rstrip("\r")
                word, _, rest = line.partition(" ")
                if name is None:
                    name = line.strip() or repr(addr)
                    with self.lock:
                        self.to_all("SERVER: {} has joined the chat.".format(name))
                        self.out[conn] = outgoing
                elif line.strip().upper() == "EXIT":
                    outgoing.add("DONE")
                    break
                elif word == "/name":
                    if rest.strip():
                        self.to_all("SERVER: {} is now {}".format(name, rest.strip()), conn)
                        name = rest.strip()
                else:
                    self.to_all("{}: {}".format(name, line), conn)
        except OSError:
            pass
        with self.lock:
            known = self.out.pop(conn, None)
            if known:
                self.to_all("SERVER: {} has left the chat.".format(name))
        outgoing.finish()
        outgoing.join()
        reader.close()
        conn.close()


def main():
    chat = Chat()
    server = socket.create_server(("0.0.0.0", 65433), backlog=40)
    while True:
        threading.Thread(target=chat.handle, args=server.accept(), daemon=True).start()


main()
