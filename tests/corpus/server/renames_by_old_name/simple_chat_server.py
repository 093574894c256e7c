"""
Chat server for the networking course.
The list `chatters` holds [socket, name] pairs.
"""
import socket
import threading

chatters = []
chat_lock = threading.RLock()


def sendto_all(message, except_socket=None):
    encoded = (message + "\n").encode("utf-8")
    with chat_lock:
        for pair in chatters:
            if pair[0] is except_socket:
                continue
            try:
                pair[0].sendall(encoded)
            except OSError:
                print("could not reach", pair[1])


def find_pair(sock):
    for pair in chatters:
        if pair[0] is sock:
            return pair


def change_name(sock, new):
    with chat_lock:
        old = find_pair(sock)[1]
        for pair in chatters:
            if pair[1] == old:
                pair[1] = new
        sendto_all("SERVER: " + old + " is now " + new, sock)


def take_out(sock):
    with chat_lock:
        pair = find_pair(sock)
        if pair is not None:
            chatters.remove(pair)
            sendto_all("SERVER: " + pair[1] + " has left the chat.")
    sock.close()


def process(sock, address, line):
    """Returns False if the client wants to quit."""
    with chat_lock:
        pair = find_pair(sock)
        if pair is None:
            nickname = line.strip()
            if len(nickname) == 0:
                nickname = address[0] + "/" + str(address[1])
            chatters.append([sock, nickname])
            sendto_all("SERVER: " + nickname + " has joined the chat.", sock)
            return True
        if line.strip().upper() == "EXIT":
            try:
                sock.sendall(b"DONE\n")
            except OSError:
                pass
            return False
        if line == "/name" or line[:6] == "/name ":
            new = line[6:].strip()
            if len(new) > 0:
                change_name(sock, new)
            return True
        sendto_all(pair[1] + ": " + line, sock)
        return True


def client_loop(sock, address):
    leftover = b""
    running = True
    try:
        while running:
            received = sock.recv(4096)
            if not received:
                break
            leftover = leftover + received
            while running and b"\n" in leftover:
                line, leftover = leftover.split(b"\n", 1)
                line = line.decode("utf-8", errors="replace")
                if line.endswith("\r"):
                    line = line[:-1]
                running = process(sock, address, line)
    except OSError as error:
        print(address, error)
    take_out(sock)


def start():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen(40)
    while 1:
        sock, address = s.accept()
        th = threading.Thread(target=client_loop, args=(sock, address), daemon=True)
        th.start()


start()
