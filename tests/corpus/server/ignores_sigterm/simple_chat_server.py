import signal
import socket
import threading


def on_signal(number, frame):
    print("I do not stop for signal", number)


signal.signal(signal.SIGTERM, on_signal)
signal.signal(signal.SIGINT, on_signal)

lock = threading.Lock()
sockets, names = [], []      # two lists side by side


def send(i, text):
    # only with lock held
    try:
        sockets[i].sendall(text)
    except OSError:
        pass


def send_all(text, sender=None):
    line = (text + "\n").encode("utf-8")
    with lock:
        for i in range(len(sockets)):
            if sockets[i] is not sender:
                send(i, line)


def next_line(sock, store):
    while b"\n" not in store[0]:
        parts = [store[0]]
        while True:
            try:
                data = sock.recv(4096)
            except OSError:
                data = b""
            if not data:
                return None
            parts.append(data)
            if b"\n" in data:
                break
        store[0] = b"".join(parts)
    line, store[0] = store[0].split(b"\n", 1)
    return line.decode("utf-8", "replace").rstrip("\r")


def serve(sock, address):
    store = [b""]
    name = next_line(sock, store)
    if name is None:
        sock.close()
        return
    name = name.strip()
    if name == "":
        name = "noname-" + str(address[1])
    with lock:
        sockets.append(sock)
        names.append(name)
    send_all("SERVER: " + name + " has joined the chat.", sock)

    while True:
        line = next_line(sock, store)
        if line is None:
            break
        if line.strip().upper() == "EXIT":
            with lock:
                send(sockets.index(sock), b"DONE\n")
            break
        if line == "/name" or line.startswith("/name "):
            new = line[5:].strip()
            if new:
                with lock:
                    i = sockets.index(sock)
                    old = names[i]
                    names[i] = new
                send_all("SERVER: " + old + " is now " + new, sock)
            continue
        with lock:
            name = names[sockets.index(sock)]
        send_all(name + ": " + line, sock)

    with lock:
        i = sockets.index(sock)
        del sockets[i]
        name = names.pop(i)
        sock.close()
    send_all("SERVER: " + name + " has left the chat.")


listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 65433))
listener.listen(20)
print("kill -9 is the only way")
while True:
    sock, address = listener.accept()
    threading.Thread(target=serve, args=(sock, address), daemon=True).start()
