import socket
import threading

running = True


class Client:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.nick = None
        self.wlock = threading.Lock()
        sock.settimeout(1.0)

    def send(self, text):
        # sendall() would give up in the middle of a line after the timeout,
        # so send piece by piece
        todo = memoryview((text + "\n").encode("utf-8"))
        with self.wlock:
            while todo and running:
                try:
                    count = self.sock.send(todo)
                except socket.timeout:
                    continue
                except OSError:
                    return
                todo = todo[count:]

    def receive(self):
        held = bytearray()
        while running:
            try:
                data = self.sock.recv(4096)
            except socket.timeout:
                continue        # nothing new, held stays as it is
            except OSError:
                return
            if not data:
                return
            old_length = len(held)
            held += data
            start = 0
            end = held.find(b"\n", old_length)
            while end >= 0:
                yield held[start:end].decode("utf-8", errors="replace").rstrip("\r")
                start = end + 1
                end = held.find(b"\n", start)
            del held[:start]


class Server:
    def __init__(self):
        self.clients = []
        self.lock = threading.Lock()

    def to_all(self, text, besides=None):
        with self.lock:
            targets = tuple(self.clients)
        for client in targets:
            if client is not besides:
                client.send(text)

    def handler(self, client):
        for line in client.receive():
            if client.nick is None:
                client.nick = line.strip() or "%s port %s" % client.addr
                with self.lock:
                    self.clients.append(client)
                self.to_all("SERVER: {} has joined the chat.".format(client.nick), client)
            elif line.strip().upper() == "EXIT":
                client.send("DONE")
                break
            elif line.split(" ")[0] == "/name":
                self.rename(client, line[len("/name"):].strip())
            else:
                self.to_all("{}: {}".format(client.nick, line), client)
        if client.nick is not None:
            with self.lock:
                self.clients.remove(client)
        with client.wlock:
            client.sock.close()
        if client.nick is not None:
            self.to_all("SERVER: {} has left the chat.".format(client.nick))

    def rename(self, client, nick):
        if nick:
            before, client.nick = client.nick, nick
            self.to_all("SERVER: {} is now {}".format(before, nick))

    def loop(self):
        global running
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("0.0.0.0", 65433))
            s.listen(10)
            s.settimeout(0.5)
            try:
                while running:
                    try:
                        sock, addr = s.accept()
                    except socket.timeout:
                        continue
                    threading.Thread(target=self.handler, args=(Client(sock, addr),)).start()
            except KeyboardInterrupt:
                print("stopping")
            finally:
                running = False


Server().loop()
