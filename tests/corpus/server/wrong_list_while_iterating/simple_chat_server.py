import socket
import threading

clients = []                    # in alphabetical order, for the list on the screen
clients_lock = threading.RLock()


class Client:
    def __init__(self, conn, nickname):
        self.conn = conn
        self.nickname = nickname


def show_list():
    print("now here:", ", ".join(client.nickname for client in clients))


def notify(text, about):
    """Send a SERVER notice to everybody else, and clean up the list."""
    with clients_lock:
        for client in clients:
            if client is about:
                continue
            try:
                client.conn.sendall((text + "\n").encode("utf-8"))
            except OSError:
                clients.remove(client)
        show_list()


def relay(text, sender):
    data = (sender.nickname + ": " + text + "\n").encode("utf-8")
    with clients_lock:
        for client in clients:
            if client is not sender:
                try:
                    client.conn.sendall(data)
                except OSError:
                    pass        # the next notice will clean up


def receive_lines(conn):
    rest = []
    while True:
        try:
            data = conn.recv(1024)
        except OSError:
            return
        if data == b"":
            return
        pieces = data.split(b"\n")
        rest.append(pieces[0])
        for piece in pieces[1:]:
            yield b"".join(rest).decode("utf-8", errors="replace").rstrip("\r")
            rest = [piece]


def handle(conn, addr):
    client = None
    for line in receive_lines(conn):
        if client is None:
            client = Client(conn, line.strip() or "%s:%d" % addr)
            with clients_lock:
                clients.append(client)
                clients.sort(key=lambda c: c.nickname.lower())
                notify("SERVER: " + client.nickname + " has joined the chat.", client)
            continue
        if line.strip().upper() == "EXIT":
            with clients_lock:
                try:
                    conn.sendall(b"DONE\n")
                except OSError:
                    pass
            break
        if line.startswith("/name "):
            nickname = line[6:].strip()
            if nickname:
                notify("SERVER: " + client.nickname + " is now " + nickname, client)
                client.nickname = nickname
        elif line != "/name":
            relay(line, client)
    if client is not None:
        with clients_lock:
            if client in clients:
                clients.remove(client)
            notify("SERVER: " + client.nickname + " has left the chat.", client)
    conn.close()


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen(50)
    while True:
        conn, addr = s.accept()
        threading.Thread(target=handle, args=(conn, addr), daemon=True).start()


if __name__ == "__main__":
    main()
