import socket
import threading


class Member:
    def __init__(self, sock, addr):
        self.sock = sock
        self.addr = addr
        self.nick = ""
        self.lock = threading.Lock()

    def send(self, text):
        with self.lock:
            try:
                self.sock.sendall(text.encode() + b"\n")
            except OSError:
                return False
        return True


class Chat:
    def __init__(self):
        self.members = set()
        self.lock = threading.Lock()

    def snapshot(self):
        with self.lock:
            return [m for m in self.members]

    def others(self, member, text):
        for m in self.snapshot():
            if m is not member:
                m.send(text)

    def add(self, member):
        with self.lock:
            self.members.add(member)
        self.others(member, f"SERVER: {member.nick} has joined the chat.")

    def remove(self, member):
        with self.lock:
            self.members.discard(member)
        self.others(member, f"SERVER: {member.nick} has left the chat.")


chat = Chat()


def get_lines(member):
    held = bytearray()
    seen = 0            # the part of held that has been searched already
    while True:
        try:
            data = member.sock.recv(4096)
        except OSError:
            break
        if not data:
            break
        held += data
        cut = held.find(b"\n", seen)
        while cut != -1:
            yield held[:cut].decode("utf-8", "replace").rstrip("\r")
            del held[: cut + 1]
            cut = held.find(b"\n")
        seen = len(held)


def session(member, lines):
    chat.others(member, f"SERVER: {member.nick} has joined the chat.")
    for line in lines:
        if line.strip().upper() == "EXIT":
            member.send("DONE")
            return
        if line == "/name" or line.startswith("/name "):
            change_name(member, line[5:].strip())
        else:
            chat.others(member, f"{member.nick}: {line}")


def change_name(member, new):
    if not new:
        return
    chat.others(member, f"SERVER: {member.nick} is now {new}")
    member.nick = new


def handle(sock, addr):
    member = Member(sock, addr)
    lines = get_lines(member)
    with sock:
        for nick in lines:
            member.nick = nick.strip() or f"{addr[0]}:{addr[1]}"
            chat.add(member)
            try:
                session(member, lines)
            finally:
                chat.remove(member)
            break


if __name__ == "__main__":
    listener = socket.create_server(("0.0.0.0", 65433), backlog=50)
    while True:
        threading.Thread(target=handle, args=listener.accept(), daemon=True).start()
