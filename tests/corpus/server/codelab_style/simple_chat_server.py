import socket
import threading

HOST = '0.0.0.0'
PORT = 65433

clients = []  # [conn, name]: the name may change
clients_lock = threading.Lock()


def send_line(conn, text):
    """Returns False when the client cannot be reached any more."""
    try:
        conn.sendall(text.encode('utf-8') + b'\n')
    except OSError:
        return False
    return True


def broadcast(text, exclude_conn=None):
    dead = []
    with clients_lock:
        for conn, _ in clients:
            if conn is not exclude_conn and not send_line(conn, text):
                dead.append(conn)
    for conn in dead:  # its own thread finds out, and does the rest
        hang_up(conn)


def hang_up(conn):
    try:
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def remove_client(conn):
    """Returns whether it was in the list."""
    with clients_lock:
        for entry in clients:
            if entry[0] is conn:
                clients.remove(entry)
                return True
    return False


def recv_lines(conn, buffer):
    """The next lines, at least one; None when nothing more will come."""
    while b'\n' not in buffer:
        try:
            data = conn.recv(1024)
        except OSError:
            return None
        if not data:
            return None
        buffer.extend(data)
    *complete, rest = buffer.split(b'\n')
    buffer[:] = rest
    return [line.decode('utf-8', errors='replace').rstrip('\r') for line in complete]


def rename(entry, new_name):
    with clients_lock:
        old_name, entry[1] = entry[1], new_name
    broadcast(f"SERVER: {old_name} is now {new_name}")


def handle_line(entry, line):
    """Returns False when the client wants to leave."""
    conn, name = entry
    words = line.strip()
    if words.upper() == 'EXIT':
        with clients_lock:  # not into the middle of somebody's message
            send_line(conn, 'DONE')
        return False
    if words == '/name':
        with clients_lock:
            send_line(conn, 'Type /name and the new name.')
    elif words.startswith('/name '):
        rename(entry, words[6:].strip())
    else:
        broadcast(f"{name}: {line}", exclude_conn=conn)
    return True


def chat(entry, lines, buffer):
    conn = entry[0]
    while lines is not None:
        for line in lines:
            if not handle_line(entry, line):
                return
        lines = recv_lines(conn, buffer)


def handle_client(conn, addr):
    buffer = bytearray()
    lines = recv_lines(conn, buffer)
    if lines is None:
        conn.close()
        return
    entry = [conn, lines.pop(0).strip() or f"{addr[0]}:{addr[1]}"]
    with clients_lock:
        clients.append(entry)
    broadcast(f"SERVER: {entry[1]} has joined the chat.", exclude_conn=conn)
    try:
        chat(entry, lines, buffer)
    finally:
        if remove_client(conn):
            broadcast(f"SERVER: {entry[1]} has left the chat.")
        conn.close()


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, PORT))
        listener.listen(32)
        print(f"Listening on {HOST}:{PORT}")
        while True:
            conn, addr = listener.accept()
            threading.Thread(target=handle_client, args=(conn, addr), daemon=True).start()


if __name__ == '__main__':
    main()
