"""Chat server for session 2."""
import socket
import threading

PORT = 65433

room = {}                     # socket -> nickname
room_lock = threading.RLock()


def tell(sock, msg):
    try:
        sock.sendall((msg + "\n").encode())
    except OSError:
        pass                  # its own thread will notice


def tell_all(msg, but=None):
    with room_lock:
        for sock in list(room):
            if sock is not but:
                tell(sock, msg)


def next_line(sock, pending):
    """Returns one line without its end, or None when the peer is gone."""
    while True:
        before, newline, after = pending.partition(b"\n")
        if newline:
            pending[:] = after
            return before.decode("utf-8", "replace").rstrip("\r")
        try:
            piece = sock.recv(8192)
        except OSError:
            return None
        if not piece:
            return None
        pending += piece


def serve(sock, peer):
    pending = bytearray()
    first = next_line(sock, pending)
    if first is None:
        sock.close()
        return
    nick = first.strip() or "%s:%d" % peer
    with room_lock:
        room[sock] = nick
        tell_all("SERVER: %s has joined the chat." % nick, sock)
    while True:
        text = next_line(sock, pending)
        if text is None:
            break
        if text.strip().lower() == "exit":
            with room_lock:
                tell(sock, "DONE")
            break
        words = text.split(None, 1)
        if words and words[0] == "/name":
            if len(words) == 2:
                with room_lock:
                    old, nick = nick, words[1].strip()
                    room[sock] = nick
                    tell_all("SERVER: %s is now %s" % (old, nick))
            continue
        tell_all("%s: %s" % (nick, text), sock)
    with room_lock:
        room.pop(sock, None)
        sock.close()
        tell_all("SERVER: %s has left the chat." % nick)


def accept_forever(server):
    while True:
        sock, peer = server.accept()
        threading.Thread(target=serve, args=(sock, peer), daemon=True).start()


def main():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", PORT))
    server.listen()
    acceptor = threading.Thread(target=accept_forever, args=(server,), daemon=True)
    acceptor.start()
    print("Server started on port", PORT)


if __name__ == "__main__":
    main()
