import socket
import threading

HOST, PORT = "0.0.0.0", 65433


class Client:
    def __init__(self, sock, name):
        self.sock = sock
        self.name = name
        self.lock = threading.Lock()

    def send(self, text):
        try:
            with self.lock:
                self.sock.sendall(f"{text}\n".encode("utf-8"))
        except OSError:
            return False
        return True


class Server:
    def __init__(self):
        self.clients = set()
        self.clients_lock = threading.Lock()

    def broadcast(self, text, sender=None):
        with self.clients_lock:
            targets = self.clients - {sender}
        for client in targets:
            client.send(text)

    def read_lines(self, sock):
        data = bytearray()
        while True:
            try:
                block = sock.recv(16384)
            except OSError:
                block = b""
            if not block:
                return
            data.extend(block)
            if b"\n" in block:
                complete, _, data = data.rpartition(b"\n")
                for raw in complete.split(b"\n"):
                    if raw.endswith(b"\r"):
                        raw = raw[:-1]
                    yield raw.decode("utf-8", errors="replace")

    def handle(self, sock, addr):
        lines = self.read_lines(sock)
        try:
            name = next(lines).strip() or f"Guest{addr[1]}"
        except StopIteration:
            sock.close()
            return
        client = Client(sock, name)
        with self.clients_lock:
            self.clients.add(client)
        self.broadcast(f"SERVER: {name} has joined the chat.", client)
        print(f"+ {name}")
        try:
            for line in lines:
                if line.strip().lower() == "exit":
                    client.send("DONE")
                    break
                if line.startswith("/name ") and line[6:].strip():
                    client.name = line[6:].strip()
                    self.broadcast(f"SERVER: {name} is now {client.name}", client)
                elif line.strip() == "/name":
                    client.send("You must give a name.")
                else:
                    self.broadcast(f"{client.name}: {line}", client)
        finally:
            with self.clients_lock:
                self.clients.discard(client)
            self.broadcast(f"SERVER: {client.name} has left the chat.")
            print(f"- {client.name}")
            sock.close()

    def run(self):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, PORT))
        listening.listen(128)
        while True:
            sock, addr = listening.accept()
            threading.Thread(target=self.handle, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    Server().run()
