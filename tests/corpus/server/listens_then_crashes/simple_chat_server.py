import socket
import threading

HOST, PORT = "0.0.0.0", 65433


class Lobby:
    """Everybody who has given a name."""

    def __init__(self):
        self._seats = {}
        self._lock = threading.Lock()

    def sit(self, sock, nick):
        with self._lock:
            self._push(f"SERVER: {nick} has joined the chat.")
            self._seats[sock] = nick

    def rename(self, sock, nick):
        with self._lock:
            old = self._seats[sock]
            self._seats[sock] = nick
            self._push(f"SERVER: {old} is now {nick}")

    def chat(self, sock, text):
        with self._lock:
            self._push(f"{self._seats[sock]}: {text}", sock)

    def leave(self, sock, last_word=None):
        with self._lock:
            nick = self._seats.pop(sock)
            if last_word:
                self._write(sock, last_word)
            sock.close()
            self._push(f"SERVER: {nick} has left the chat.")

    def _push(self, text, origin=None):
        for sock in self._seats:
            if sock is not origin:
                self._write(sock, text)

    @staticmethod
    def _write(sock, text):
        try:
            sock.sendall(text.encode() + b"\n")
        except OSError:
            pass


def read_lines(sock):
    stash = bytearray()
    while True:
        try:
            more = sock.recv(2048)
        except OSError:
            more = b""
        if not more:
            return
        stash += more
        *full, stash = stash.split(b"\n")
        for raw in full:
            yield raw.decode(errors="replace").rstrip("\r")


def handle(sock, host, port, lobby):
    reader = read_lines(sock)
    try:
        nick = next(reader).strip() or f"{host}:{port}"
    except StopIteration:
        sock.close()
        return
    lobby.sit(sock, nick)
    for line in reader:
        cmd = line.strip()
        if cmd.upper() == "EXIT":
            return lobby.leave(sock, "DONE")
        if cmd.split(" ")[0] == "/name":
            if cmd[5:].strip():
                lobby.rename(sock, cmd[5:].strip())
            continue
        lobby.chat(sock, line)
    lobby.leave(sock)


def main():
    lobby = Lobby()
    with socket.create_server((HOST, PORT), backlog=40) as door:
        print("open on", PORT)
        while True:
            sock, host, port = door.accept()
            threading.Thread(target=handle, args=(sock, host, port, lobby), daemon=True).start()


if __name__ == "__main__":
    main()
