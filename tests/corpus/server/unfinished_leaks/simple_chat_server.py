import socket
import threading

PORT = 65433

seats = []            # one entry per seat: None or a dict of the client
leftover = {}         # seat number -> bytes after the last newline
lock = threading.RLock()


def find_seat(client):
    for number, taken in enumerate(seats):
        if taken is None:
            seats[number] = client
            return number
    seats.append(client)
    return len(seats) - 1


def write(client, text):
    with lock:
        try:
            client["sock"].sendall(text.encode("utf-8") + b"\n")
        except OSError:
            pass


def write_others(seat, text):
    with lock:
        for number, client in enumerate(seats):
            if client is not None and number != seat:
                write(client, text)


def recv_nick(sock):
    data = b""
    while True:
        nick, newline, rest = data.partition(b"\n")
        if newline:
            return nick.decode("utf-8", "replace").strip(), rest
        more = sock.recv(1024)
        if not more:
            raise ConnectionError
        data += more


def complete_lines(seat, data):
    data = leftover.get(seat, b"") + data
    lines = data.split(b"\n")
    leftover[seat] = lines.pop()
    return [x.decode("utf-8", "replace").rstrip("\r") for x in lines]


def handle_line(seat, line):
    me = seats[seat]
    if line.strip().upper() == "EXIT":
        write(me, "DONE")
        return False
    if line.strip() == "/name":
        return True
    if line.startswith("/name "):
        with lock:
            new = line[6:].strip()
            write_others(seat, "SERVER: {0} is now {1}".format(me["nick"], new))
            me["nick"] = new
        return True
    write_others(seat, me["nick"] + ": " + line)
    return True


def client_thread(sock, addr):
    seat = None
    try:
        nick, data = recv_nick(sock)
        with lock:
            me = {"sock": sock, "nick": nick or "visitor {0}".format(addr[1])}
            seat = find_seat(me)
            write_others(seat, "SERVER: " + me["nick"] + " has joined the chat.")
        while True:
            for line in complete_lines(seat, data):
                if not handle_line(seat, line):
                    return
            data = sock.recv(65536)
            if not data:
                return
    except OSError:
        pass
    finally:
        with lock:
            sock.close()
            if seat is not None:
                seats[seat] = None
                write_others(seat, "SERVER: " + me["nick"] + " has left the chat.")


def main():
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("0.0.0.0", PORT))
    s.listen(40)
    print("chat server is running")
    while True:
        sock, addr = s.accept()
        threading.Thread(target=client_thread, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()
