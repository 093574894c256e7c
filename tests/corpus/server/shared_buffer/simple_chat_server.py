import socket
import threading

PORT = 65433
BLOCK = 65536

members = {}
members_lock = threading.RLock()

buffer = bytearray()          # received, not yet a whole line
buffer_lock = threading.Lock()


def send_line(sock, text):
    try:
        sock.sendall(text.encode("utf-8") + b"\n")
    except OSError:
        pass


def send_others(sock, text):
    with members_lock:
        for other in members:
            if other is not sock:
                send_line(other, text)


def take_lines(data):
    """Adds data to the buffer and takes all whole lines out of it."""
    lines = []
    with buffer_lock:
        start = max(0, len(buffer) - 1)
        buffer.extend(data)
        end = buffer.find(b"\n", start)
        while end != -1:
            lines.append(buffer[:end].decode("utf-8", "replace").rstrip("\r"))
            del buffer[:end + 1]
            end = buffer.find(b"\n")
    return lines


def read_nickname(sock):
    got = b""
    while b"\n" not in got:
        data = sock.recv(BLOCK)
        if not data:
            return None, b""
        got += data
    first, rest = got.split(b"\n", 1)
    return first.decode("utf-8", "replace").strip(), rest


def chat(sock, data):
    while True:
        for line in take_lines(data):
            if line.strip().upper() == "EXIT":
                with members_lock:
                    send_line(sock, "DONE")
                return
            if line.split(" ")[0] == "/name":
                new = line[5:].strip()
                if new:
                    with members_lock:
                        send_others(sock, f"SERVER: {members[sock]} is now {new}")
                        members[sock] = new
                continue
            send_others(sock, f"{members[sock]}: {line}")
        data = sock.recv(BLOCK)
        if not data:
            return


def handle(sock, addr):
    joined = False
    try:
        nick, rest = read_nickname(sock)
        if nick is not None:
            joined = True
            with members_lock:
                members[sock] = nick or "%s:%d" % addr
                send_others(sock, f"SERVER: {members[sock]} has joined the chat.")
            chat(sock, rest)
    except OSError:
        pass
    if joined:
        with members_lock:
            nick = members.pop(sock)
            send_others(sock, f"SERVER: {nick} has left the chat.")
    sock.close()


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", PORT))
    server.listen(64)
    print("server on", PORT)
    while True:
        sock, addr = server.accept()
        threading.Thread(target=handle, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()
