import queue
import socket
import threading

PORT = 65433


class User:
    """What we know about a connected user. Lines to send wait in the queue."""

    def __init__(self, sock, nickname):
        self.sock = sock
        self.nickname = nickname
        self.outgoing = queue.Queue()

    def writer(self):
        while True:
            item = self.outgoing.get()
            if item is None:
                return
            try:
                self.sock.sendall(item)
            except OSError:
                return


users = {}
users_lock = threading.Lock()


def send_to_all(text, sender):
    data = text.encode() + b"\n"
    with users_lock:
        for sock, user in users.items():
            if sock != sender:
                user.outgoing.put(data)


def lines_from(sock):
    """Generator over the lines a socket sends. Stops when the connection ends."""
    pending = b""
    while True:
        try:
            chunk = sock.recv(8192)
        except OSError:
            return
        if not chunk:
            return
        if b"\n" not in chunk:
            pending += chunk
            continue
        parts = (pending + chunk).split(b"\n")
        pending = parts.pop()
        for p in parts:
            yield p.decode("utf-8", errors="replace").rstrip("\r")


def serve_user(sock, address):
    lines = lines_from(sock)
    nickname = next(lines, None)
    if nickname is None:
        sock.close()
        return
    nickname = nickname.strip() or "user%s" % address[1]
    user = User(sock, nickname)
    writer = threading.Thread(target=user.writer)
    writer.daemon = True
    writer.start()
    with users_lock:
        users[sock] = user
    send_to_all("SERVER: %s has joined the chat." % nickname, sock)

    for line in lines:
        words = line.split(None, 1)
        if line.strip().lower() == "exit":
            user.outgoing.put(b"DONE\n")
            user.outgoing.put(None)
            writer.join(5)
            break
        elif words and words[0] == "/name":
            if len(words) == 2:
                old = user.nickname
                user.nickname = words[1].strip()
                send_to_all("SERVER: %s is now %s" % (old, user.nickname), sock)
        else:
            send_to_all("%s: %s" % (nickname, line), sock)

    with users_lock:
        del users[sock]
    send_to_all("SERVER: %s has left the chat." % user.nickname, sock)
    user.outgoing.put(None)
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    sock.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", PORT))
listener.listen(50)
print("listening on", PORT)
while True:
    s, a = listener.accept()
    threading.Thread(target=serve_user, args=(s, a), daemon=True).start()
