# Multi user chat
import socket, threading

users = {}
lock = threading.Lock()

def send_everyone(text, skip=None):
    packet = bytes(text + "\n", "utf8")
    lock.acquire()
    try:
        for s in users:
            if s != skip:
                try:
                    s.sendall(packet)
                except OSError:
                    continue
    finally:
        lock.release()

def lines_of(s):
    rest = b""
    while True:
        try:
            got = s.recv(4096)
        except OSError:
            return
        if got == b"":
            return
        parts = (rest + got).split(b"\n")
        rest = parts.pop()
        for part in parts:
            yield part.decode("utf8", "replace").rstrip("\r")

def talk(s, a):
    incoming = lines_of(s)
    nickname = next(incoming, None)
    if nickname is None:
        s.close()
        return
    nickname = nickname.strip()
    if nickname == "":
        nickname = str(a)
    lock.acquire()
    users[s] = nickname
    lock.release()
    send_everyone("SERVER: " + nickname + " has joined the chat.", s)
    for line in incoming:
        if line.strip().upper() == "EXIT":
            lock.acquire()
            try:
                s.sendall(b"DONE\n")
            except OSError:
                pass
            lock.release()
            break
        if line.rstrip() == "/name":
            continue
        if line.startswith("/name "):
            new = line[6:].strip()
            if new:
                old = nickname
                nickname = new
                users[s] = new
                send_everyone("SERVER: " + old + " is now " + new)
            continue
        send_everyone(nickname + ": " + line, s)
    lock.acquire()
    del users[s]
    lock.release()
    s.close()
    send_everyone("SERVER: " + nickname + " has left the chat.")

port = input("Port: ")
if port == "":
    port = 65433

server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", int(port)))
server.listen(50)
print("chat server runs, port", port)
while True:
    s, a = server.accept()
    t = threading.Thread(target=talk, args=(s, a))
    t.daemon = True
    t.start()
