import queue
import socket
import sys
import threading

# the log file must be plain ascii
sys.stdout.reconfigure(encoding="ascii", line_buffering=True)

PORT = 65433
QUIT = object()


class Participant:
    def __init__(self, sock, name):
        self.sock = sock
        self.name = name
        self.mail = queue.SimpleQueue()
        self.postman = threading.Thread(target=self.carry, daemon=True)
        self.postman.start()

    def carry(self):
        while True:
            letter = self.mail.get()
            if letter is QUIT:
                break
            try:
                self.sock.sendall(f"{letter}\n".encode("utf-8"))
            except OSError:
                break
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


everyone = {}
everyone_lock = threading.Lock()


def mail_all(text, writer):
    with everyone_lock:
        for number, participant in everyone.items():
            if number != writer:
                participant.mail.put(text)


def text_lines(sock):
    collected = bytearray()
    while True:
        try:
            data = sock.recv(4096)
        except OSError:
            return
        if not data:
            return
        collected.extend(data)
        if b"\n" in data:
            end = collected.rindex(b"\n")
            for line in bytes(collected[:end]).split(b"\n"):
                yield line.decode("utf-8", errors="replace").rstrip("\r")
            del collected[:end + 1]


def talk_with(sock, number):
    lines = text_lines(sock)
    name = next(lines, None)
    if name is None:
        sock.close()
        return
    me = Participant(sock, name.strip() or f"participant {number}")
    with everyone_lock:
        everyone[number] = me
    mail_all(f"SERVER: {me.name} has joined the chat.", number)
    try:
        for line in lines:
            if line.strip().casefold() == "exit":
                me.mail.put("DONE")
                break
            if line.startswith("/name ") or line == "/name":
                new = line[5:].strip()
                if new:
                    mail_all(f"SERVER: {me.name} is now {new}", number)
                    me.name = new
                continue
            text = f"{me.name}: {line}"
            print(text)
            mail_all(text, number)
    finally:
        with everyone_lock:
            del everyone[number]
        mail_all(f"SERVER: {me.name} has left the chat.", number)
        me.mail.put(QUIT)


with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", PORT))
    listener.listen(50)
    print("ready on port", PORT)
    number = 0
    while True:
        number += 1
        conn, _ = listener.accept()
        threading.Thread(target=talk_with, args=(conn, number), daemon=True).start()
