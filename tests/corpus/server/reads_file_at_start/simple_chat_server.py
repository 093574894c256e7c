"""Chat server with a message of the day."""
import functools
import socket
import threading

with open("motd.txt", encoding="utf-8") as f:
    MOTD = [row.rstrip() for row in f]


def synchronized(method):
    @functools.wraps(method)
    def wrapper(self, *args):
        with self.lock:
            return method(self, *args)
    return wrapper


class Chat:
    def __init__(self):
        self.lock = threading.RLock()
        self.conns = []
        self.nick_of = {}

    def _write(self, conn, *rows):
        try:
            conn.sendall("".join(row + "\n" for row in rows).encode("utf-8"))
        except OSError:
            pass

    @synchronized
    def _others(self, conn, row):
        for c in self.conns:
            if c is not conn:
                self._write(c, row)

    @synchronized
    def add(self, conn, nick):
        self.conns.append(conn)
        self.nick_of[conn] = nick
        self._write(conn, *MOTD)
        self._others(conn, f"SERVER: {nick} has joined the chat.")

    @synchronized
    def remove(self, conn):
        if conn in self.nick_of:
            self.conns.remove(conn)
            nick = self.nick_of.pop(conn)
            self._others(conn, f"SERVER: {nick} has left the chat.")
        conn.close()

    @synchronized
    def rename(self, conn, nick):
        old = self.nick_of[conn]
        self.nick_of[conn] = nick
        self._others(conn, f"SERVER: {old} is now {nick}")

    @synchronized
    def say(self, conn, row):
        self._others(conn, f"{self.nick_of[conn]}: {row}")

    @synchronized
    def goodbye(self, conn):
        self._write(conn, "DONE")

    def handle(self, conn, row, addr):
        """One line of one client. True means go on."""
        if conn not in self.nick_of:
            self.add(conn, row.strip() or f"visitor {addr[1]}")
        elif row.strip().upper() == "EXIT":
            self.goodbye(conn)
            return False
        elif row.startswith("/name "):
            if not row[6:].isspace() and row[6:]:
                self.rename(conn, row[6:].strip())
        elif row != "/name":
            self.say(conn, row)
        return True

    def follow(self, conn, addr):
        incomplete = b""
        try:
            for data in iter(lambda: conn.recv(65536), b""):
                rows = data.split(b"\n")
                rows[0] = incomplete + rows[0]
                incomplete = rows.pop()
                if not all(self.handle(conn, r.decode("utf-8", "replace").rstrip("\r"), addr)
                           for r in rows):
                    break
        except OSError:
            pass
        finally:
            self.remove(conn)


def main():
    chat = Chat()
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", 65433))
    server.listen(30)
    while True:
        conn, addr = server.accept()
        threading.Thread(target=chat.follow, args=(conn, addr), daemon=True).start()


main()
