import collections
import socket
import threading

HOST = ""
PORT = 65433

peers = set()
peers_lock = threading.Lock()


class Peer:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.nick = None
        self.waiting = collections.deque()
        self.something = threading.Condition()
        self.over = False

    # --- sending ---
    def push(self, data):
        with self.something:
            self.waiting.append(data)
            self.something.notify()

    def finish(self):
        with self.something:
            self.over = True
            self.something.notify()

    def send_loop(self):
        while True:
            with self.something:
                while not self.waiting and not self.over:
                    self.something.wait()
                if not self.waiting:
                    return
                data = b"".join(self.waiting)
                self.waiting.clear()
            try:
                self.sock.sendall(data)
            except OSError:
                return

    # --- receiving ---
    def recv_loop(self):
        partial = b""
        while True:
            try:
                data = self.sock.recv(16384)
            except OSError:
                return False
            if not data:
                return False
            lines = (partial + data).split(b"\n")
            partial = lines.pop()
            for raw in lines:
                text = raw.decode("utf-8", "replace")
                if text[-1:] == "\r":
                    text = text[:-1]
                if text == "EXIT":
                    return True
                self.on_text(text)

    def on_text(self, text):
        if self.nick is None:
            self.nick = text.strip() or "peer%d" % self.addr[1]
            with peers_lock:
                peers.add(self)
                tell("SERVER: %s has joined the chat." % self.nick, self)
        elif text.split(" ")[0] == "/name":
            new = text[5:].strip()
            if new:
                with peers_lock:
                    tell("SERVER: %s is now %s" % (self.nick, new), self)
                    self.nick = new
        else:
            with peers_lock:
                tell("%s: %s" % (self.nick, text), self)

    def live(self):
        sender = threading.Thread(target=self.send_loop, daemon=True)
        sender.start()
        wants_done = self.recv_loop()
        if self.nick is not None:
            with peers_lock:
                peers.remove(self)
                tell("SERVER: %s has left the chat." % self.nick)
        if wants_done:
            self.push(b"DONE\n")
        else:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.finish()
        sender.join(5)
        self.sock.close()


def tell(text, but=None):
    data = (text + "\n").encode("utf-8")
    for p in peers:
        if p is not but:
            p.push(data)


def main():
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((HOST, PORT))
        s.listen(100)
        while True:
            p = Peer(*s.accept())
            threading.Thread(target=p.live, daemon=True).start()


if __name__ == "__main__":
    main()
