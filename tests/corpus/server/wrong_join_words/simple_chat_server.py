import queue
import socket
import threading

PORT = 65433
boxes = {}          # name tag (a list with one string) by queue
boxes_lock = threading.Lock()
STOP = object()


def pump(conn, box):
    """Write everything that is put into the box."""
    while True:
        item = box.get()
        if item is STOP:
            return
        try:
            conn.sendall(item)
        except OSError:
            return


def put_all(text, mine=None):
    raw = (text + "\n").encode("utf-8")
    for box in boxes:
        if box is not mine:
            box.put(raw)


def chatting(conn, lines, tag, box):
    for line in lines:
        word = line.strip()
        if word.upper() == "EXIT":
            return True
        if word == "/name":
            continue
        if word.startswith("/name "):
            with boxes_lock:
                put_all("SERVER: %s is now %s" % (tag[0], word[6:].strip()))
                tag[0] = word[6:].strip()
            continue
        with boxes_lock:
            put_all("%s: %s" % (tag[0], line), box)
    return False


def lines_from(conn):
    data = bytearray()
    while True:
        try:
            new = conn.recv(8192)
        except OSError:
            return
        if not new:
            return
        data.extend(new)
        if b"\n" not in new:
            continue
        cut = data.rindex(b"\n")
        for raw in bytes(data[:cut]).split(b"\n"):
            yield raw.decode("utf-8", "replace").rstrip("\r")
        del data[:cut + 1]


def handle(conn, addr):
    lines = lines_from(conn)
    nick = next(lines, None)
    if nick is None:
        conn.close()
        return
    tag = [nick.strip() or "someone from port %d" % addr[1]]
    box = queue.Queue()
    writer = threading.Thread(target=pump, args=(conn, box), daemon=True)
    writer.start()
    with boxes_lock:
        put_all(tag[0] + " has joined the chat!")
        boxes[box] = tag
    said_exit = chatting(conn, lines, tag, box)
    with boxes_lock:
        del boxes[box]
        put_all("SERVER: %s has left the chat." % tag[0])
    if said_exit:
        box.put(b"DONE\n")
    else:
        try:
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    box.put(STOP)
    writer.join(timeout=5)
    conn.close()


with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)
    s.bind(("", PORT))
    s.listen()
    while True:
        conn, addr = s.accept()
        threading.Thread(target=handle, args=(conn, addr), daemon=True).start()
