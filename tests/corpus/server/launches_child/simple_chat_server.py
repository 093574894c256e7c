import subprocess
import sys
import socket
import threading
from collections import deque

# The "logger" process. It will write the chat log to a file one day,
# for now it only waits. Own session so that Ctrl+C does not reach it.
logger = subprocess.Popen(
    [sys.executable, "-c", "import time\ntime.sleep(900)"],
    start_new_session=True,
)


class Mailbox:
    """Lines that wait for one client. One thread fetches, many put."""

    def __init__(self):
        self.items = deque()
        self.cond = threading.Condition()
        self.ended = False

    def put(self, item):
        with self.cond:
            if not self.ended:
                self.items.append(item)
                self.cond.notify()

    def end(self):
        with self.cond:
            self.ended = True
            self.cond.notify()

    def fetch(self):
        with self.cond:
            while not self.items and not self.ended:
                self.cond.wait()
            if not self.items:
                return None
            result = b"".join(self.items)
            self.items.clear()
            return result


boxes = {}      # Mailbox -> nickname
boxes_lock = threading.Lock()


def put_everywhere(text, own=None):
    with boxes_lock:
        for box in boxes:
            if box is not own:
                box.put(text.encode("utf-8") + b"\n")


def sender(conn, box):
    while True:
        data = box.fetch()
        if data is None:
            break
        try:
            conn.sendall(data)
        except OSError:
            break
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def receiver(conn, addr):
    box = Mailbox()
    out = threading.Thread(target=sender, args=(conn, box), daemon=True)
    out.start()
    exited = False
    try:
        with conn.makefile("rb") as stream:
            for raw in stream:
                if raw[-1] != 10:
                    break
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if box not in boxes:
                    with boxes_lock:
                        boxes[box] = line.strip() or "%s:%d" % addr
                    put_everywhere("SERVER: " + boxes[box] + " has joined the chat.", box)
                elif line.strip().upper() == "EXIT":
                    box.put(b"DONE\n")
                    exited = True
                    break
                elif line.rstrip() == "/name":
                    box.put(b"Usage: /name NEWNAME\n")
                elif line.startswith("/name "):
                    old, new = boxes[box], line[6:].strip()
                    with boxes_lock:
                        boxes[box] = new
                    put_everywhere("SERVER: " + old + " is now " + new, box)
                else:
                    put_everywhere(boxes[box] + ": " + line, box)
    except OSError:
        pass
    with boxes_lock:
        nickname = boxes.pop(box, None)
    if nickname is not None:
        put_everywhere("SERVER: " + nickname + " has left the chat.")
    box.end()
    if not exited:
        try:
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    out.join()
    conn.close()


def main():
    print("logger has pid", logger.pid)
    with socket.create_server(("0.0.0.0", 65433), backlog=40) as srv:
        while True:
            conn, addr = srv.accept()
            threading.Thread(target=receiver, args=(conn, addr), daemon=True).start()


main()
