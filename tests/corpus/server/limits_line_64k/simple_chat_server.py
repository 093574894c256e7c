"""
Chat server with a limit on the length of a line, so that nobody can
fill the memory of the server.
"""
import socket
import threading

PORT = 65433
MAX_LINE = 64 * 1024


class TooLong(Exception):
    pass


class Hub:
    def __init__(self):
        self.names = {}
        self.lock = threading.RLock()

    def send(self, sock, line):
        with self.lock:
            try:
                sock.sendall(line.encode("utf-8") + b"\n")
            except OSError:
                pass

    def send_others(self, sock, line):
        with self.lock:
            for other in self.names:
                if other is not sock:
                    self.send(other, line)

    def join(self, sock, name):
        with self.lock:
            self.names[sock] = name
            self.send_others(sock, "SERVER: %s has joined the chat." % name)

    def rename(self, sock, name):
        with self.lock:
            self.send_others(None, "SERVER: %s is now %s" % (self.names[sock], name))
            self.names[sock] = name

    def leave(self, sock):
        with self.lock:
            name = self.names.pop(sock, None)
            if name is not None:
                self.send_others(sock, "SERVER: %s has left the chat." % name)


def get_line(sock, buf):
    while True:
        end = buf.find(b"\n")
        if end > MAX_LINE + 1 or (end < 0 and len(buf) > MAX_LINE + 1):
            raise TooLong()
        if end >= 0:
            line = bytes(buf[:end])
            del buf[:end + 1]
            return line.decode("utf-8", "replace").rstrip("\r")
        data = sock.recv(4096)
        if not data:
            raise EOFError()
        buf += data


def converse(hub, sock, addr):
    buf = bytearray()
    hub.join(sock, get_line(sock, buf).strip() or "%s:%d" % addr)
    while True:
        line = get_line(sock, buf)
        if line.strip().upper() == "EXIT":
            hub.send(sock, "DONE")
            return
        if line.split(" ")[0] == "/name":
            if line[5:].strip():
                hub.rename(sock, line[5:].strip())
        else:
            hub.send_others(sock, hub.names[sock] + ": " + line)


def thread_main(hub, sock, addr):
    try:
        converse(hub, sock, addr)
    except TooLong:
        hub.send(sock, "SERVER: line too long, good bye")
    except (OSError, EOFError):
        pass
    hub.leave(sock)
    sock.close()


def main():
    hub = Hub()
    server = socket.create_server(("0.0.0.0", PORT), backlog=64)
    while True:
        sock, addr = server.accept()
        threading.Thread(target=thread_main, args=(hub, sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()
