# chat with unique nicknames

import socket
import threading

by_name = {}                 # nickname -> socket, a name can be there only once
table = threading.Lock()


class Gone(Exception):
    pass


class Reader:
    def __init__(self, sock):
        self.sock = sock
        self.stored = []
        self.open_line = b""

    def get(self):
        while not self.stored:
            try:
                block = self.sock.recv(8000)
            except OSError:
                raise Gone()
            if not block:
                raise Gone()
            if b"\n" in block:
                first, *more = block.split(b"\n")
                self.stored = [self.open_line + first] + more
                self.open_line = self.stored.pop()
                self.stored.reverse()
            else:
                self.open_line += block
        return self.stored.pop().decode("utf-8", "replace").rstrip("\r")


def write(sock, text):
    try:
        sock.sendall(text.encode("utf-8") + b"\n")
    except OSError:
        pass


def publish(text, own_name):
    """needs the table lock"""
    for name in by_name:
        if name != own_name:
            write(by_name[name], text)


def pick_name(sock, address, reader):
    while True:
        name = reader.get().strip() or "%s-%s" % address
        with table:
            if name not in by_name:
                by_name[name] = sock
                publish("SERVER: " + name + " has joined the chat.", name)
                return name
        write(sock, "That nickname is taken, please send another one.")


def serve(sock, address):
    name = None
    reader = Reader(sock)
    try:
        name = pick_name(sock, address, reader)
        while True:
            line = reader.get()
            if line.strip().upper() == "EXIT":
                with table:
                    write(sock, "DONE")
                break
            with table:
                if line.split(" ")[0] == "/name":
                    wish = line[5:].strip()
                    if not wish:
                        write(sock, "You have to give a nickname.")
                    elif wish in by_name:
                        write(sock, "That nickname is taken, you keep your old one.")
                    else:
                        del by_name[name]
                        by_name[wish] = sock
                        publish("SERVER: " + name + " is now " + wish, wish)
                        name = wish
                else:
                    publish(name + ": " + line, name)
    except Gone:
        pass
    with table:
        sock.close()
        if name is not None:
            del by_name[name]
            publish("SERVER: " + name + " has left the chat.", None)


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 65433))
server.listen(128)
while True:
    sock, address = server.accept()
    threading.Thread(target=serve, args=(sock, address), daemon=True).start()
