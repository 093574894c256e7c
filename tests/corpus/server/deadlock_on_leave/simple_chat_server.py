import socket
import threading

HOST = "0.0.0.0"
PORT = 65433

connections = []
nicknames = []
lock = threading.Lock()


def broadcast(message, not_to=None):
    with lock:
        for connection in connections:
            if connection is not not_to:
                try:
                    connection.sendall(message.encode("utf-8") + b"\n")
                except OSError:
                    pass


def leave(connection):
    with lock:
        number = connections.index(connection)
        nickname = nicknames[number]
        connections.pop(number)
        nicknames.pop(number)
        broadcast("SERVER: " + nickname + " has left the chat.")
    connection.close()


def rename(connection, new):
    with lock:
        number = connections.index(connection)
        old = nicknames[number]
        nicknames[number] = new
    broadcast("SERVER: " + old + " is now " + new, connection)


def chat_line(connection, text):
    with lock:
        nickname = nicknames[connections.index(connection)]
    broadcast(nickname + ": " + text, connection)


def lines_of(connection):
    unfinished = b""
    while True:
        try:
            received = connection.recv(4096)
        except OSError:
            received = b""
        if not received:
            break
        unfinished += received
        if b"\n" in received:
            lines = unfinished.split(b"\n")
            unfinished = lines.pop()
            for line in lines:
                if line.endswith(b"\r"):
                    line = line[:-1]
                yield line.decode("utf-8", errors="replace")


def client(connection, address):
    lines = lines_of(connection)
    nickname = None
    for line in lines:
        nickname = line.strip() or "Unknown " + str(address[1])
        break
    if nickname is None:
        connection.close()
        return
    with lock:
        connections.append(connection)
        nicknames.append(nickname)
    broadcast("SERVER: " + nickname + " has joined the chat.", connection)
    for line in lines:
        if line.strip().upper() == "EXIT":
            with lock:
                connection.sendall(b"DONE\n")
            break
        elif line.startswith("/name ") and line[6:].strip():
            rename(connection, line[6:].strip())
        elif line.strip() == "/name":
            print("no name from", address)
        else:
            chat_line(connection, line)
    leave(connection)


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((HOST, PORT))
server.listen(50)
print("Server on", HOST, PORT)
while True:
    connection, address = server.accept()
    threading.Thread(target=client, args=(connection, address), daemon=True).start()
