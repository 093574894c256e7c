import queue
import socket
import threading

HOST = "::1"
PORT = 65433

clients = set()
clients_guard = threading.Lock()


class ClientThread(threading.Thread):
    """Reads from one client. A second thread empties its outbox."""

    def __init__(self, sock, addr):
        threading.Thread.__init__(self, daemon=True)
        self.sock = sock
        self.addr = addr
        self.nick = ""
        self.outbox = queue.Queue()

    def writer(self):
        while True:
            text = self.outbox.get()
            if text is None:
                break
            try:
                self.sock.sendall((text + "\n").encode("utf-8"))
            except OSError:
                break
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def run(self):
        with self.sock:
            infile = self.sock.makefile("rb")
            with infile:
                try:
                    self.session(infile)
                except OSError:
                    pass

    def session(self, infile):
        first = infile.readline()
        if not first.endswith(b"\n"):
            return
        self.nick = first.decode("utf-8", "replace").strip() or str(self.addr[1])
        sender = threading.Thread(target=self.writer, daemon=True)
        sender.start()
        with clients_guard:
            post("SERVER: %s has joined the chat." % self.nick)
            clients.add(self)
        polite = False
        try:
            for raw in infile:
                if not raw.endswith(b"\n"):
                    break
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if line.strip().upper() == "EXIT":
                    polite = True
                    break
                self.one_line(line)
        finally:
            with clients_guard:
                clients.discard(self)
                post("SERVER: %s has left the chat." % self.nick)
            if polite:
                self.outbox.put("DONE")
            else:
                try:
                    self.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.outbox.put(None)
            sender.join(10)

    def one_line(self, line):
        if line.split(" ")[0] != "/name":
            with clients_guard:
                post(self.nick + ": " + line, self)
            return
        wanted = line[5:].strip()
        if wanted:
            with clients_guard:
                post("SERVER: %s is now %s" % (self.nick, wanted))
                self.nick = wanted


def post(text, author=None):
    for c in clients:
        if c is not author:
            c.outbox.put(text)


def main():
    s = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((HOST, PORT))
    s.listen(30)
    print("waiting at [%s]:%d" % (HOST, PORT))
    while True:
        sock, addr = s.accept()
        ClientThread(sock, addr).start()


main()
