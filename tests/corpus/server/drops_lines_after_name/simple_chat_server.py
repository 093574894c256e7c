import socket
import threading
from queue import SimpleQueue

PORT = 65433
chat_lock = threading.Lock()
chatters = []


class Chatter:
    def __init__(self, sock):
        self.sock = sock
        self.nick = ""
        self.out = SimpleQueue()

    def drain(self):
        # runs in a thread of its own
        for text in iter(self.out.get, None):
            try:
                self.sock.sendall(text.encode("utf-8") + b"\n")
            except OSError:
                break


def to_others(me, text):
    for c in chatters:
        if c is not me:
            c.out.put(text)


def ask_nick(sock):
    data = b""
    while not b"\n" in data:
        part = sock.recv(1024)
        if not part:
            return None
        data += part
    return data.split(b"\n")[0].decode("utf-8", "replace").strip()


def rename(me, nick):
    if nick:
        with chat_lock:
            to_others(me, "SERVER: %s is now %s" % (me.nick, nick))
            me.nick = nick


def listen_to(me):
    """Returns when the connection ends; True if the client said EXIT."""
    rest = b""
    while True:
        part = me.sock.recv(4096)
        if not part:
            return False
        rest += part
        if b"\n" not in part:
            continue
        *full, rest = rest.split(b"\n")
        for raw in full:
            text = raw.decode("utf-8", "replace").rstrip("\r")
            if text.strip().upper() == "EXIT":
                return True
            if text == "/name" or text[:6] == "/name ":
                rename(me, text[6:].strip())
            else:
                with chat_lock:
                    to_others(me, "%s: %s" % (me.nick, text))


def client(sock, addr):
    try:
        nick = ask_nick(sock)
    except OSError:
        nick = None
    if nick is None:
        sock.close()
        return
    me = Chatter(sock)
    me.nick = nick or "guest%d" % addr[1]
    with chat_lock:
        chatters.append(me)
        to_others(me, "SERVER: %s has joined the chat." % me.nick)
    helper = threading.Thread(target=me.drain, daemon=True)
    helper.start()
    try:
        done = listen_to(me)
    except OSError:
        done = False
    with chat_lock:
        chatters.remove(me)
        to_others(me, "SERVER: %s has left the chat." % me.nick)
    if done:
        me.out.put("DONE")
    else:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    me.out.put(None)
    helper.join(5)
    sock.close()


def main():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", PORT))
    s.listen(50)
    while True:
        threading.Thread(target=client, args=s.accept(), daemon=True).start()


main()
