import socket, threading, sys

class Connection(threading.Thread):
    """A thread that is also the client. All instances are in Connection.all"""
    all = []
    guard = threading.Lock()

    def __init__(self, sock, addr):
        threading.Thread.__init__(self, daemon=True)
        self.sock = sock
        self.addr = addr
        self.username = ""
        self.send_guard = threading.Lock()

    def put(self, message):
        with self.send_guard:
            try:
                self.sock.sendall(bytes(message + "\n", "utf-8"))
            except OSError as err:
                print("cannot send to", self.username, err, file=sys.stderr)

    def shout(self, message):
        with Connection.guard:
            receivers = [x for x in Connection.all if x is not self]
        for x in receivers:
            x.put(message)

    def run(self):
        rest = bytearray()
        open_ = True
        while open_:
            try:
                got = self.sock.recv(2048)
            except OSError:
                got = b""
            if got == b"":
                break
            start = len(rest)
            rest += got
            end = rest.find(b"\n", start)
            while end >= 0 and open_:
                one = rest[:end].decode("utf-8", "replace")
                del rest[:end + 1]
                open_ = self.line(one.rstrip("\r"))
                end = rest.find(b"\n")
        self.bye()

    def line(self, text):
        # the first one is the name
        if self.username == "":
            self.username = text.strip() or "anonymous%d" % self.addr[1]
            with Connection.guard:
                Connection.all.append(self)
            self.shout("SERVER: " + self.username + " has joined the chat.")
            return True
        if text.strip().lower() == "exit":
            self.put("DONE")
            return False
        if text.rstrip() == "/name":
            self.put("usage: /name and then your new name")
        elif text.startswith("/name "):
            before = self.username
            self.username = text[6:].strip()
            self.shout("SERVER: " + before + " changed name to " + self.username)
        else:
            self.shout(self.username + ": " + text)
        return True

    def bye(self):
        with Connection.guard:
            known = self in Connection.all
            if known:
                Connection.all.remove(self)
        if known:
            self.shout("SERVER: " + self.username + " has left the chat.")
        self.sock.close()


with socket.socket() as door:
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(("0.0.0.0", 65433))
    door.listen()
    while True:
        Connection(*door.accept()).start()
