import socket
import threading

SIZE = 1024      # longest message
clients = []
clients_lock = threading.RLock()


def broadcast(message, sender):
    clients_lock.acquire()
    for client in clients:
        if client != sender:
            try:
                client[0].sendall(message.encode() + b"\n")
            except OSError:
                pass
    clients_lock.release()


def read_messages(client):
    """Returns a list of messages, None if the client is gone."""
    try:
        data = client[0].recv(SIZE)
    except OSError:
        return None
    if len(data) == 0:
        return None
    client[2] = client[2] + data
    if len(data) == SIZE and b"\n" not in data:
        # buffer is full, so this is all of it
        data = client[2]
        client[2] = b""
        return [to_text(data)]
    messages = []
    while b"\n" in client[2]:
        message, client[2] = client[2].split(b"\n", 1)
        messages.append(to_text(message))
    return messages


def to_text(data):
    return data.decode("utf-8", errors="replace").rstrip("\r")


def work(client, address):
    # client is [socket, name, bytes that wait for their newline]
    running = True
    while running:
        messages = read_messages(client)
        if messages is None:
            break
        for message in messages:
            if client[1] is None:
                client[1] = message.strip() or address[0] + "#" + str(address[1])
                clients_lock.acquire()
                clients.append(client)
                broadcast("SERVER: " + client[1] + " has joined the chat.", client)
                clients_lock.release()
                continue
            if message.strip().upper() == "EXIT":
                clients_lock.acquire()
                try:
                    client[0].sendall(b"DONE\n")
                except OSError:
                    pass
                clients_lock.release()
                running = False
                break
            if message.strip() == "/name":
                continue
            if message.startswith("/name "):
                old = client[1]
                new = message[6:].strip()
                broadcast("SERVER: " + old + " is now " + new, client)
                client[1] = new
                continue
            broadcast(client[1] + ": " + message, client)
    clients_lock.acquire()
    if client in clients:
        clients.remove(client)
        broadcast("SERVER: " + client[1] + " has left the chat.", client)
    clients_lock.release()
    client[0].close()


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(("", 65433))
server_socket.listen(50)
print("The server waits for clients")
while True:
    client_socket, address = server_socket.accept()
    client = [client_socket, None, b""]
    threading.Thread(target=work, args=(client, address), daemon=True).start()
