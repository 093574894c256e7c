"""Threaded chat server with a table of commands."""
import socket
import threading

PORT = 65433
table = {}                      # fileno -> Session
table_lock = threading.RLock()


class Session:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.name = None
        self.commands = {"/NAME": self.cmd_name, "EXIT": self.cmd_exit}

    def reply(self, text):
        with table_lock:
            try:
                self.sock.sendall(f"{text}\n".encode())
            except OSError:
                pass

    def relay(self, text):
        with table_lock:
            for session in table.values():
                if session is not self:
                    session.reply(text)

    def cmd_name(self, argument):
        if argument:
            self.relay(f"SERVER: {self.name} is now {argument}")
            self.name = argument

    def cmd_exit(self, argument):
        self.reply("DONE")

    def dispatch(self, line):
        head, _, tail = line.strip().partition(" ")
        command = self.commands.get(head.upper())
        if command is None or (head.upper() == "EXIT" and tail):
            self.relay(f"{self.name}: {line}")
        else:
            command(tail.strip())

    def register(self, name):
        self.name = name or "{}:{}".format(*self.addr)
        with table_lock:
            table[self.sock.fileno()] = self
            self.relay(f"SERVER: {self.name} has joined the chat.")

    def unregister(self):
        with table_lock:
            del table[self.sock.fileno()]
            self.relay(f"SERVER: {self.name} has left the chat.")

    def read_lines(self):
        rest = bytearray()
        while True:
            data = self.sock.recv(4096)
            if not data:
                break
            rest += data
            newline = rest.find(b"\n")
            while newline != -1:
                yield rest[:newline].decode("utf-8", "replace").rstrip("\r")
                rest = rest[newline + 1:]
                newline = rest.find(b"\n")

    def run(self):
        try:
            for line in self.read_lines():
                if self.name is None:
                    self.register(line.strip())
                else:
                    self.dispatch(line)
        except ConnectionError:
            pass
        finally:
            if self.name is not None:
                self.unregister()
            self.sock.close()


if __name__ == "__main__":
    with socket.create_server(("0.0.0.0", PORT), backlog=128) as server:
        print(f"Serving on {PORT}")
        while True:
            session = Session(*server.accept())
            threading.Thread(target=session.run, daemon=True).start()
