import socket
import threading


class ChatServer(object):

    def __init__(self, port):
        self.port = port
        self.people = []
        self.mutex = threading.Lock()
        self.finished = threading.Event()

    def open(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("0.0.0.0", self.port))
        print("Listening on port {}".format(self.port))

    def accept_loop(self):
        while not self.finished.is_set():
            try:
                conn, where = self.sock.accept()
            except OSError as err:
                # happens now and then, just try again
                self.finished.wait(0.5)
                continue
            p = Person(self, conn, where)
            p.daemon = True
            p.start()

    def say(self, words, silent_for=None):
        data = words.encode("utf-8") + b"\n"
        with self.mutex:
            for p in self.people:
                if p is not silent_for:
                    p.write(data)

    def run(self):
        self.open()
        t = threading.Thread(target=self.accept_loop, daemon=True)
        t.start()
        self.finished.wait()


class Person(threading.Thread):

    def __init__(self, server, conn, where):
        super().__init__()
        self.server = server
        self.conn = conn
        self.nick = "guest-%d" % where[1]

    def write(self, data):
        try:
            self.conn.sendall(data)
        except OSError:
            pass

    def run(self):
        f = self.conn.makefile("rb")
        joined = False
        try:
            for raw in f:
                if not raw.endswith(b"\n"):
                    break
                line = raw[:-1].decode("utf-8", errors="replace").rstrip("\r")
                if not joined:
                    self.nick = line.strip() or self.nick
                    joined = True
                    with self.server.mutex:
                        self.server.people.append(self)
                    self.server.say("SERVER: " + self.nick + " has joined the chat.", self)
                elif line.strip().upper() == "EXIT":
                    with self.server.mutex:
                        self.write(b"DONE\n")
                    break
                elif line.strip() == "/name" or line.startswith("/name "):
                    self.rename(line[5:].strip())
                else:
                    self.server.say(self.nick + ": " + line, self)
        except OSError:
            pass
        if joined:
            with self.server.mutex:
                self.server.people.remove(self)
            self.server.say("SERVER: " + self.nick + " has left the chat.")
        f.close()
        self.conn.close()

    def rename(self, wanted):
        if wanted:
            before = self.nick
            self.nick = wanted
            self.server.say("SERVER: " + before + " is now " + wanted)


ChatServer(65433).run()
