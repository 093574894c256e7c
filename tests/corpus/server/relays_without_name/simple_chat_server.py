import socket
import threading

clients = []
names = {}
lock = threading.Lock()


def send(c, msg):
    try:
        c.sendall(f"{msg}\n".encode("utf-8"))
    except Exception as e:
        print("error sending:", e)


def broadcast_to_rest(sender, msg):
    with lock:
        for c in clients:
            if c is sender:
                continue
            send(c, msg)


def enter(c, name):
    names[c] = name
    with lock:
        clients.append(c)
    broadcast_to_rest(c, f"SERVER: {name} has joined the chat.")


def leave(c):
    with lock:
        clients.remove(c)
    name = names.pop(c)
    broadcast_to_rest(c, f"SERVER: {name} has left the chat.")


def process(c, line):
    text = line.strip()
    if text.upper() == "EXIT":
        with lock:
            send(c, "DONE")
        return "stop"
    if text == "/name":
        print("no name given")
    elif text.startswith("/name "):
        new = text[6:].strip()
        broadcast_to_rest(c, f"SERVER: {names[c]} is now {new}")
        names[c] = new
    else:
        print(names[c], "says", len(line), "characters")
        broadcast_to_rest(c, line)


def client_loop(c, addr):
    buf = b""
    result = None
    while result != "stop":
        try:
            chunk = c.recv(1024)
        except Exception:
            break
        if not chunk:
            break
        buf += chunk
        if b"\n" not in chunk:
            continue
        complete = buf.split(b"\n")
        buf = complete[-1]
        for raw in complete[:-1]:
            line = raw.decode("utf-8", errors="replace").rstrip("\r")
            if c not in names:
                enter(c, line.strip() or f"{addr[0]}-{addr[1]}")
                continue
            result = process(c, line)
            if result == "stop":
                break
    if c in names:
        leave(c)
    c.close()


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen(40)
    print("listening...")
    try:
        while True:
            c, addr = s.accept()
            print("connection from", addr)
            t = threading.Thread(target=client_loop, args=(c, addr), daemon=True)
            t.start()
    except KeyboardInterrupt:
        print("bye")
    finally:
        s.close()


main()
