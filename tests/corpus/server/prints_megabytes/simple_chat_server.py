import socket
import sys
import threading

# Debugging this was hard, so now it prints really everything.

BANNER = "\n".join("*" * 79 for _ in range(250))

clients = {}
big_lock = threading.Lock()
print_lock = threading.Lock()


def debug(*things):
    with print_lock:
        print(BANNER)
        print(*things)
        print(BANNER[:79], flush=True)


def send_to(number, text):
    connection, name = clients[number]
    try:
        connection.sendall(text.encode("utf-8") + b"\n")
    except OSError as e:
        debug("could not send to", name, "because of", e)


def send_to_all_except(number, text):
    with big_lock:
        for n in clients:
            if n != number:
                send_to(n, text)


def handle_line(number, line):
    name = clients[number][1]
    if line.strip().upper() == "EXIT":
        with big_lock:
            send_to(number, "DONE")
        return False
    if line == "/name" or line.startswith("/name "):
        new_name = line.replace("/name", "", 1).strip()
        if new_name:
            with big_lock:
                clients[number] = (clients[number][0], new_name)
            send_to_all_except(number, "SERVER: " + name + " is now " + new_name)
    else:
        send_to_all_except(number, name + ": " + line)
    return True


def client_loop(number, connection, address):
    received = []
    go_on = True
    while go_on:
        try:
            data = connection.recv(65536)
        except OSError as e:
            debug("recv failed", e)
            break
        debug("client", number, "sent", len(data), "bytes:", repr(data))
        if not data:
            break
        received.append(data)
        if b"\n" not in data:
            continue
        lines = b"".join(received).split(b"\n")
        received = [lines.pop()]
        for raw in lines:
            line = raw.decode("utf-8", errors="replace").rstrip("\r")
            debug("line of", number, repr(line))
            if number not in clients:
                name = line.strip()
                if not name:
                    name = "Client " + str(number)
                with big_lock:
                    clients[number] = (connection, name)
                send_to_all_except(number, "SERVER: " + name + " has joined the chat.")
            else:
                go_on = handle_line(number, line)
                if not go_on:
                    break
    with big_lock:
        left = clients.pop(number, None)
        connection.close()
    if left:
        send_to_all_except(number, "SERVER: " + left[1] + " has left the chat.")
    debug("client", number, "finished", "now there are", len(clients))


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", 65433))
    s.listen()
    debug("python", sys.version, "is listening")
    number = 0
    while True:
        connection, address = s.accept()
        number = number + 1
        debug("connection", number, "from", address)
        threading.Thread(target=client_loop, args=(number, connection, address), daemon=True).start()


main()
