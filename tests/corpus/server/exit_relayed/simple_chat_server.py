import socket
import threading

CHAT_PORT = 65433
LIMIT = 8192


class SafeSocket:
    """A socket on which several threads may write."""

    def __init__(self, sock):
        self.sock = sock
        self.lock = threading.Lock()
        self.file = sock.makefile("rb", LIMIT)

    def write_line(self, text):
        with self.lock:
            try:
                self.sock.sendall(text.encode("utf8") + b"\n")
            except OSError:
                return

    def read_line(self):
        try:
            line = self.file.readline()
        except OSError:
            return None
        if not line.endswith(b"\n"):
            return None
        return line.decode("utf8", "replace").rstrip("\r\n")

    def close(self):
        try:
            self.file.close()
            self.sock.close()
        except OSError:
            pass


everyone = {}
everyone_lock = threading.Lock()


def copy_of_everyone():
    with everyone_lock:
        return list(everyone)


def spread(text, origin=None):
    for safe in copy_of_everyone():
        if safe is not origin:
            safe.write_line(text)


def handle_line(safe, line):
    name = everyone[safe]
    word = line.strip()
    if word == "/name":
        return True
    if word.startswith("/name "):
        everyone[safe] = word[6:].strip()
        spread("SERVER: %s is now %s" % (name, everyone[safe]), safe)
        return True
    spread("%s: %s" % (name, line), safe)
    if word.upper() == "EXIT":
        safe.write_line("DONE")
        return False
    return True


def serve(sock, address):
    safe = SafeSocket(sock)
    name = safe.read_line()
    if name is None:
        safe.close()
        return
    name = name.strip() or "user at %s, %d" % address
    with everyone_lock:
        everyone[safe] = name
    spread("SERVER: %s has joined the chat." % name, safe)
    going_on = True
    while going_on:
        line = safe.read_line()
        going_on = line is not None and handle_line(safe, line)
    with everyone_lock:
        name = everyone.pop(safe)
    safe.close()
    spread("SERVER: %s has left the chat." % name)


def main():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", CHAT_PORT))
    server.listen(64)
    while True:
        sock, address = server.accept()
        threading.Thread(target=serve, args=(sock, address), daemon=True).start()


if __name__ == "__main__":
    main()
