import socket
import threading

users = []
users_lock = threading.RLock()


class User(threading.Thread):
    def __init__(self, connection, address):
        super().__init__(daemon=True)
        self.connection = connection
        self.address = address
        self.nick = None
        self.leaving = False

    def run(self):
        data = b""
        while not self.leaving:
            try:
                more = self.connection.recv(65536)
            except OSError:
                break
            if not more:
                break
            data += more
            if b"\n" not in more:
                continue
            *lines, data = data.split(b"\n")
            for line in lines:
                if not self.leaving:
                    self.react(line.decode("utf-8", errors="replace").rstrip("\r"))
        if self.nick is not None:
            with users_lock:
                if self in users:
                    users.remove(self)
                broadcast("SERVER: " + self.nick + " has left the chat.", self)
        self.connection.close()

    def react(self, line):
        if self.nick is None:
            self.nick = line.strip() or "user@" + str(self.address[1])
            with users_lock:
                users.append(self)
                broadcast("SERVER: " + self.nick + " has joined the chat.", self)
        elif line.strip().upper() == "EXIT":
            self.leaving = True
            with users_lock:
                try:
                    self.connection.sendall(b"DONE\n")
                except OSError:
                    pass
        elif line.startswith("/name ") and line.strip() != "/name":
            with users_lock:
                before, self.nick = self.nick, line[6:].strip()
                broadcast("SERVER: " + before + " is now " + self.nick, self)
        elif line.strip() != "/name":
            broadcast(self.nick + ": " + line, self)


def broadcast(text, author):
    message = text.encode("utf-8") + b"\n"
    dead = []
    with users_lock:
        for user in users:
            if user is not author:
                try:
                    user.connection.sendall(message)
                except OSError:
                    dead.append(user)
        # first take all of them out, then tell the rest
        for user in dead:
            users.remove(user)
        for user in dead:
            broadcast("SERVER: " + user.nick + " has left the chat.", user)


def main():
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", 65433))
        server.listen(100)
        while True:
            User(*server.accept()).start()


main()
