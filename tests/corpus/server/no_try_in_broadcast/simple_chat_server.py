import socket
import threading


class ChatClient:
    def __init__(self, sock, address):
        self.sock = sock
        self.address = address
        self.name = None
        self.write_lock = threading.Lock()
        self.buffer = bytearray()

    def write(self, text):
        with self.write_lock:
            self.sock.sendall((text + "\n").encode("utf-8"))

    def read_chunk(self):
        try:
            return self.sock.recv(1024)
        except ConnectionError:
            return b""      # reset is the same as closed for us

    def read_lines(self):
        chunk = self.read_chunk()
        while chunk:
            self.buffer.extend(chunk)
            position = self.buffer.find(b"\n", len(self.buffer) - len(chunk))
            while position != -1:
                line = self.buffer[:position].decode("utf-8", "replace")
                del self.buffer[:position + 1]
                yield line.rstrip("\r")
                position = self.buffer.find(b"\n")
            chunk = self.read_chunk()


class ChatServer:
    def __init__(self, port):
        self.clients = set()
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen(50)

    def broadcast(self, text, sender):
        with self.lock:
            receivers = list(self.clients)
        for client in receivers:
            if client is not sender:
                client.write(text)

    def client_thread(self, client):
        try:
            for line in client.read_lines():
                if client.name is None:
                    client.name = line.strip() or "user-%d" % client.address[1]
                    with self.lock:
                        self.clients.add(client)
                    self.broadcast("SERVER: %s has joined the chat." % client.name, client)
                elif line.strip().upper() == "EXIT":
                    client.write("DONE")
                    break
                else:
                    self.handle_line(client, line)
        finally:
            with self.lock:
                self.clients.discard(client)
            client.sock.close()
            if client.name is not None:
                self.broadcast("SERVER: %s has left the chat." % client.name, client)

    def handle_line(self, client, line):
        if line.rstrip() == "/name":
            return
        if line.startswith("/name "):
            old, client.name = client.name, line[6:].strip()
            self.broadcast("SERVER: %s is now %s" % (old, client.name), client)
        else:
            self.broadcast("%s: %s" % (client.name, line), client)

    def serve(self):
        while True:
            sock, address = self.listener.accept()
            client = ChatClient(sock, address)
            threading.Thread(target=self.client_thread, args=(client,), daemon=True).start()


if __name__ == "__main__":
    ChatServer(65433).serve()
