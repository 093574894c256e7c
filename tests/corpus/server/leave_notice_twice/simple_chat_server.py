import socket
import threading

members = {}
members_lock = threading.RLock()


class Gone(Exception):
    pass


def send_to(conn, text):
    try:
        conn.sendall(bytes(text, "utf-8") + b"\n")
    except OSError:
        pass


def send_all(text, except_for=None):
    with members_lock:
        for conn in members:
            if conn is not except_for:
                send_to(conn, text)


def forget(conn):
    with members_lock:
        return members.pop(conn, None)


def receive(conn, buf):
    """One line. Raises Gone if there will be no more."""
    while True:
        end = buf.find(b"\n")
        if end >= 0:
            line = buf[:end].decode("utf-8", "replace")
            del buf[:end + 1]
            return line.rstrip("\r")
        try:
            data = conn.recv(4096)
        except OSError:
            raise Gone()
        if not data:
            raise Gone()
        buf.extend(data)


def talk(conn, name, buf):
    while True:
        try:
            line = receive(conn, buf)
        except Gone:
            forget(conn)
            send_all("SERVER: " + name + " has left the chat.")
            return name
        if line.strip().upper() == "EXIT":
            with members_lock:
                send_to(conn, "DONE")
                forget(conn)
            return name
        if line.startswith("/name ") or line == "/name":
            new = line[5:].strip()
            if new:
                send_all("SERVER: " + name + " is now " + new, conn)
                name = new
                with members_lock:
                    members[conn] = new
        else:
            send_all(name + ": " + line, conn)


def client_thread(conn, addr):
    buf = bytearray()
    try:
        name = receive(conn, buf).strip()
    except Gone:
        conn.close()
        return
    if not name:
        name = "%s:%d" % addr
    with members_lock:
        members[conn] = name
    send_all("SERVER: " + name + " has joined the chat.", conn)
    try:
        name = talk(conn, name, buf)
    finally:
        conn.close()
        send_all("SERVER: " + name + " has left the chat.")


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", 65433))
    server.listen(50)
    print("Waiting for connections on 65433")
    while True:
        conn, addr = server.accept()
        threading.Thread(target=client_thread, args=(conn, addr), daemon=True).start()


if __name__ == "__main__":
    main()
