import socket
import threading

BUFSIZE = 4096
MAX_HISTORY = 256

history = []            # the lines of the one who speaks at the moment
speaker = None
everybody = {}
door_lock = threading.Lock()


def put(sock, text):
    try:
        sock.sendall(text.encode("utf-8") + b"\n")
    except OSError:
        pass


def notice(text, about=None):
    """The caller holds door_lock."""
    global speaker
    speaker = None
    history.clear()
    for sock in everybody:
        if sock is not about:
            put(sock, "SERVER: " + text)


def remember(sock, line):
    global speaker
    if sock is not speaker:
        speaker = sock
        history.clear()
    if len(history) < MAX_HISTORY:
        history.append(line)
        return True
    return False


def speak(sock, text):
    with door_lock:
        line = "%s: %s" % (everybody[sock], text)
        if remember(sock, line):
            for other in everybody:
                if other is not sock:
                    put(other, line)


def command(sock, text):
    new = text[5:].strip()
    if new:
        with door_lock:
            old = everybody[sock]
            everybody[sock] = new
            notice("%s is now %s" % (old, new))


def lines(sock):
    buf = bytearray()
    while True:
        nl = buf.find(b"\n")
        if nl >= 0:
            yield bytes(buf[:nl]).decode("utf-8", "replace").rstrip("\r")
            del buf[:nl + 1]
            continue
        try:
            got = sock.recv(BUFSIZE)
        except OSError:
            return
        if not got:
            return
        buf += got


def client(sock, addr):
    feed = lines(sock)
    try:
        nick = next(feed).strip()
    except StopIteration:
        sock.close()
        return
    with door_lock:
        everybody[sock] = nick or "%s_%d" % addr
        notice(everybody[sock] + " has joined the chat.", sock)
    for text in feed:
        if text.strip().upper() == "EXIT":
            with door_lock:
                put(sock, "DONE")
            break
        if text == "/name" or text.startswith("/name "):
            command(sock, text)
        else:
            speak(sock, text)
    with door_lock:
        nick = everybody.pop(sock)
        notice(nick + " has left the chat.")
    sock.close()


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as ls:
        ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ls.bind(("0.0.0.0", 65433))
        ls.listen(32)
        while True:
            threading.Thread(target=client, args=ls.accept(), daemon=True).start()


if __name__ == "__main__":
    main()
