"""
Every client gets two threads:
  - a reader (runs Client.read_loop)
  - a writer (runs Client.write_loop), so that a slow client
    does not slow down the others
"""
import queue
import socket
import threading

registry = []
registry_lock = threading.Lock()


def broadcast(message, author):
    with registry_lock:
        for client in registry:
            if client is not author:
                client.to_send.put(message)


class Client:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.name = None
        self.to_send = queue.Queue()
        threading.Thread(target=self.read_loop, daemon=True).start()

    def write_loop(self):
        while True:
            message = self.to_send.get()
            try:
                self.sock.sendall(message.encode("utf-8") + b"\n")
            except OSError:
                pass
            self.to_send.task_done()

    def read_loop(self):
        buffer = bytearray()
        alive = True
        while alive:
            try:
                data = self.sock.recv(4096)
            except OSError:
                break
            if not data:
                break
            buffer += data
            while alive and b"\n" in buffer:
                end = buffer.index(b"\n")
                line = buffer[:end].decode("utf-8", errors="replace")
                del buffer[:end + 1]
                alive = self.on_line(line.rstrip("\r"))
        self.quit()

    def on_line(self, line):
        if self.name is None:
            self.name = line.strip()
            if self.name == "":
                self.name = "Client " + str(self.addr[1])
            threading.Thread(target=self.write_loop, daemon=True).start()
            with registry_lock:
                registry.append(self)
            broadcast("SERVER: " + self.name + " has joined the chat.", self)
            return True
        if line.strip().upper() == "EXIT":
            self.to_send.put("DONE")
            self.to_send.join()
            return False
        if line == "/name" or line.startswith("/name "):
            new_name = line[5:].strip()
            if new_name:
                broadcast("SERVER: " + self.name + " is now " + new_name, self)
                self.name = new_name
            return True
        broadcast(self.name + ": " + line, self)
        return True

    def quit(self):
        if self.name is not None:
            with registry_lock:
                registry.remove(self)
            broadcast("SERVER: " + self.name + " has left the chat.", self)
        self.sock.close()


def main():
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("0.0.0.0", 65433))
    listening.listen(50)
    while True:
        Client(*listening.accept())


if __name__ == "__main__":
    main()
