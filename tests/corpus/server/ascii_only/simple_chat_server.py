import socket
import threading

# -------- shared state --------
sockets = []
lock = threading.Lock()

# -------- network helpers --------

def encode(message):
    return (message + "\n").encode("ascii", errors="replace")

def decode(raw):
    return raw.decode("utf-8", errors="replace").rstrip("\r")

def send(sock, message):
    try:
        sock.sendall(encode(message))
        return True
    except OSError:
        return False

def broadcast(message, sender=None):
    with lock:
        failed = 0
        for s in sockets:
            if s is sender:
                continue
            if not send(s, message):
                failed += 1
    if failed:
        print(failed, "clients could not be reached")

def get_line(sock, storage):
    while b"\n" not in storage["new"]:
        try:
            block = sock.recv(4096)
        except OSError:
            return None
        if not block:
            return None
        if b"\n" in block:
            storage["new"] = b"".join(storage["old"]) + block
            storage["old"] = []
        else:
            storage["old"].append(block)
    line, storage["new"] = storage["new"].split(b"\n", 1)
    if b"\n" not in storage["new"]:
        storage["old"] = [storage["new"]]
        storage["new"] = b""
    return decode(line)

# -------- one client --------

def client_main(sock, addr):
    storage = {"old": [], "new": b""}
    nick = get_line(sock, storage)
    if nick is None:
        sock.close()
        return
    nick = nick.strip()
    if not nick:
        nick = "nobody" + str(addr[1])
    with lock:
        sockets.append(sock)
    broadcast("SERVER: " + nick + " has joined the chat.", sock)
    while True:
        line = get_line(sock, storage)
        if line is None:
            break
        command = line.strip()
        if command.upper() == "EXIT":
            with lock:
                send(sock, "DONE")
            break
        elif command == "/name":
            pass
        elif command.startswith("/name "):
            old, nick = nick, command[6:].strip()
            broadcast("SERVER: " + old + " is now " + nick)
        else:
            broadcast(nick + ": " + line, sock)
    with lock:
        sockets.remove(sock)
        sock.close()
    broadcast("SERVER: " + nick + " has left the chat.")

# -------- start --------

def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen(25)
    print("ready")
    while True:
        c, addr = s.accept()
        threading.Thread(target=client_main, args=(c, addr), daemon=True).start()

if __name__ == "__main__":
    main()
