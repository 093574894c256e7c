import socket

HOST = "0.0.0.0"
PORT = 65433

clients = {}     # connection -> name


def broadcast(text, sender=None):
    for other in list(clients):
        if other is not sender:
            try:
                other.sendall((text + "\n").encode("utf-8"))
            except OSError:
                print("could not send to", clients[other])


def rename(conn, new):
    if new == "":
        return
    old = clients[conn]
    clients[conn] = new
    broadcast("SERVER: " + old + " is now " + new)


def handle(conn, name, infile):
    clients[conn] = name
    print(name, "joined")
    broadcast("SERVER: " + name + " has joined the chat.", conn)
    for raw in infile:
        if raw[-1:] != b"\n":
            break
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if line.strip().upper() == "EXIT":
            conn.sendall(b"DONE\n")
            break
        elif line == "/name" or line.startswith("/name "):
            rename(conn, line[5:].strip())
        else:
            print(clients[conn] + ": " + line)
            broadcast(clients[conn] + ": " + line, conn)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen(50)
    print("Server listening on port", PORT)
    while True:
        conn, addr = server.accept()
        infile = conn.makefile("rb")
        try:
            first = infile.readline()
            if first.endswith(b"\n"):
                name = first.decode("utf-8", "replace").strip()
                handle(conn, name or str(addr), infile)
        except OSError as err:
            print("connection lost:", err)
        name = clients.pop(conn, None)
        try:
            infile.close()
            conn.close()
        except OSError:
            pass
        if name:
            broadcast("SERVER: " + name + " has left the chat.")


if __name__ == "__main__":
    main()

# With the struct module, each message could have its length before it.
