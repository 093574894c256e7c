import socket
import threading
import time

HOST = "0.0.0.0"
PORT = 65433

online = {}
online_lock = threading.RLock()


def send(sock, message):
    try:
        sock.sendall((message + "\n").encode("utf-8"))
    except OSError:
        pass


def send_rest(sender, message):
    with online_lock:
        for sock in online:
            if sock is not sender:
                send(sock, message)


def get_nickname(sock):
    """The nickname, and the lines that came right behind it."""
    data = b""
    while b"\n" not in data:
        more = sock.recv(1024)
        if not more:
            return None, []
        data += more
    lines = [x.decode("utf-8", "replace").strip() for x in data.split(b"\n")]
    return lines[0], [x for x in lines[1:] if x]


def handle_message(sock, message):
    nick = online[sock]
    if message.upper() == "EXIT":
        with online_lock:
            send(sock, "DONE")
        return False
    if message == "/name":
        return True
    if message.startswith("/name "):
        new = message[6:].strip()
        send_rest(sock, "SERVER: " + nick + " is now " + new)
        online[sock] = new
        return True
    send_rest(sock, nick + ": " + message)
    return True


def chat(sock, early):
    for message in early:
        if not handle_message(sock, message):
            return
    while True:
        data = sock.recv(4096)
        if not data:
            return
        # a message is one line
        message = data.decode("utf-8", "replace").replace("\n", " ").strip()
        if message != "" and not handle_message(sock, message):
            return
        time.sleep(0.01)     # let the other threads work


def client(sock, addr):
    nick = None
    try:
        nick, early = get_nickname(sock)
        if nick is not None:
            nick = nick or str(addr)
            with online_lock:
                online[sock] = nick
                send_rest(sock, "SERVER: " + nick + " has joined the chat.")
            chat(sock, early)
    except OSError:
        pass
    if sock in online:
        with online_lock:
            nick = online.pop(sock)
            send_rest(sock, "SERVER: " + nick + " has left the chat.")
    sock.close()


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((HOST, PORT))
    server.listen()
    while True:
        sock, addr = server.accept()
        threading.Thread(target=client, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()

# With the struct module, each message could have its length before it.
