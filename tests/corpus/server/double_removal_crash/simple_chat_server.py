#!/usr/bin/python3
from threading import Thread, Lock
import socket

participants = []      # (socket, info) where info is {"name": ...}
lock = Lock()


def broadcast(text, sender=None):
    line = text.encode() + b"\n"
    with lock:
        for entry in list(participants):
            if entry[0] is sender:
                continue
            try:
                entry[0].sendall(line)
            except OSError:
                participants.remove(entry)


def handle_command(sock, info, line):
    new = line[len("/name"):].strip()
    if new == "":
        with lock:
            sock.sendall(b"no name given\n")
        return
    old = info["name"]
    info["name"] = new
    broadcast(f"SERVER: {old} is now {new}", sock)


def conversation(sock, info, stream):
    """Runs until the client says EXIT or is gone."""
    while True:
        raw = stream.readline()
        if not raw.endswith(b"\n"):
            return
        line = raw.decode("utf-8", errors="replace").rstrip("\n").rstrip("\r")
        if line.strip().upper() == "EXIT":
            with lock:
                sock.sendall(b"DONE\n")
            return
        if line.split(" ", 1)[0] == "/name":
            handle_command(sock, info, line)
        else:
            broadcast("{}: {}".format(info["name"], line), sock)


def main_of_client(sock, address):
    with sock, sock.makefile("rb") as stream:
        try:
            hello = stream.readline()
        except OSError:
            return
        if not hello.endswith(b"\n"):
            return
        name = hello.decode("utf-8", errors="replace").strip()
        info = {"name": name or "{}:{}".format(*address)}
        me = (sock, info)
        with lock:
            participants.append(me)
        broadcast("SERVER: {name} has joined the chat.".format(**info), sock)
        try:
            conversation(sock, info, stream)
        except OSError:
            pass
        with lock:
            participants.remove(me)
        broadcast("SERVER: {name} has left the chat.".format(**info))


if __name__ == "__main__":
    welcome = socket.socket()
    welcome.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    welcome.bind(("0.0.0.0", 65433))
    welcome.listen(50)
    print("started")
    while True:
        Thread(target=main_of_client, args=welcome.accept(), daemon=True).start()
