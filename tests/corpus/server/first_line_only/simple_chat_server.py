import socket
import threading
import time


class ChatServer:
    def __init__(self, host="0.0.0.0", port=65433):
        self.address = (host, port)
        self.users = []
        self.lock = threading.Lock()

    def start(self):
        with socket.create_server(self.address) as sock:
            sock.listen(50)
            print("chat at port", self.address[1])
            while True:
                connection, addr = sock.accept()
                user = User(self, connection, addr)
                threading.Thread(target=user.loop, daemon=True).start()

    def publish(self, text, publisher=None):
        line = text.encode("utf-8") + b"\n"
        with self.lock:
            for user in self.users:
                if user is not publisher:
                    user.transmit(line)


class User:
    def __init__(self, server, connection, addr):
        self.server = server
        self.connection = connection
        self.addr = addr
        self.nick = None
        self.buffer = b""

    def transmit(self, line):
        try:
            self.connection.sendall(line)
        except OSError:
            pass

    def receive(self):
        while True:
            try:
                data = self.connection.recv(1024)
            except OSError:
                return None
            if not data:
                return None
            self.buffer += data
            if b"\n" in data:
                line = self.buffer.split(b"\n")[0]
                self.buffer = b""
                return line.decode("utf-8", errors="replace").rstrip("\r")

    def loop(self):
        line = self.receive()
        if line is None:
            self.connection.close()
            return
        self.nick = line.strip() or "%s:%d" % self.addr
        with self.server.lock:
            self.server.users.append(self)
        self.server.publish("SERVER: " + self.nick + " has joined the chat.", self)
        while True:
            line = self.receive()
            if line is None or not self.react(line):
                break
            time.sleep(0.01)  # do not hog the processor
        with self.server.lock:
            self.server.users.remove(self)
        self.connection.close()
        self.server.publish("SERVER: " + self.nick + " has left the chat.")

    def react(self, line):
        if line.strip().upper() == "EXIT":
            with self.server.lock:
                self.transmit(b"DONE\n")
            return False
        if line.strip() == "/name":
            return True
        if line.startswith("/name "):
            new = line[6:].strip()
            self.server.publish("SERVER: " + self.nick + " is now " + new)
            self.nick = new
            return True
        self.server.publish(self.nick + ": " + line, self)
        return True


if __name__ == "__main__":
    ChatServer().start()
