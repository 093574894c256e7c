# Session 2 lab, my chat server
import socket
import threading

sockets_and_names = {}
the_lock = threading.Lock()


def send_everyone_but(sender, text):
    bytes_to_send = text.encode("utf-8") + b"\n"
    with the_lock:
        for s in sockets_and_names.keys():
            if s is sender:
                continue
            try:
                s.sendall(bytes_to_send)
            except OSError:
                # that client is closing, its own thread takes care of it
                pass


def split_lines(buffer):
    """Cuts the finished lines off the buffer. Returns (list of str, rest)."""
    result = []
    pos = 0
    while True:
        nl = buffer.find(b"\n", pos)
        if nl == -1:
            break
        line = buffer[pos:nl]
        if line.endswith(b"\r"):
            line = line[:-1]
        result.append(line.decode("utf-8", errors="replace"))
        pos = nl + 1
    return result, buffer[pos:]


def one_client(s, addr):
    name = None
    buffer = b""
    finished = False
    while not finished:
        data = s.recv(4096)
        if not data:
            break
        buffer += data
        if b"\n" not in data:
            continue
        lines, buffer = split_lines(buffer)
        for line in lines:
            if name is None:
                name = line.strip() or str(addr)
                with the_lock:
                    sockets_and_names[s] = name
                send_everyone_but(s, "SERVER: " + name + " has joined the chat.")
            elif line.strip().upper() == "EXIT":
                with the_lock:
                    s.sendall(b"DONE\n")
                finished = True
                break
            elif line.split(" ")[0] == "/name":
                new_name = line[5:].strip()
                if new_name:
                    send_everyone_but(s, "SERVER: " + name + " is now " + new_name)
                    name = new_name
                    with the_lock:
                        sockets_and_names[s] = name
            else:
                send_everyone_but(s, name + ": " + line)

    # the client is gone
    if name is not None:
        with the_lock:
            del sockets_and_names[s]
        send_everyone_but(s, "SERVER: " + name + " has left the chat.")
    s.close()


server_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server_socket.bind(("0.0.0.0", 65433))
server_socket.listen(30)
print("Waiting for clients on 65433 ...")
while True:
    new_socket, new_addr = server_socket.accept()
    print("Connection from", new_addr)
    thread = threading.Thread(target=one_client, args=(new_socket, new_addr))
    thread.daemon = True
    thread.start()
