"""Chat for IPv4 and IPv6 at the same time."""
import socket
import threading
from typing import NamedTuple


class Entry(NamedTuple):
    sock: socket.socket
    lock: threading.Lock


entries = {}           # thread id -> Entry
nicknames = {}         # thread id -> nickname
state = threading.Condition()


def post(entry, text):
    with entry.lock:
        try:
            entry.sock.sendall(f"{text}\n".encode())
        except OSError:
            pass


def post_everywhere(text, include_me=False):
    me = threading.get_ident()
    with state:
        wanted = [entries[t] for t in nicknames if include_me or t != me]
    for entry in wanted:
        post(entry, text)


def lines_of(sock):
    buf = bytearray()
    view = bytearray(16384)
    while True:
        n = sock.recv_into(view)
        if n == 0:
            return
        for_line, sep, rest = view[:n].partition(b"\n")
        buf += for_line
        while sep:
            yield buf.decode("utf-8", errors="replace").rstrip("\r")
            buf, sep, rest = rest.partition(b"\n")


def one_client(sock, address):
    me = threading.get_ident()
    entry = Entry(sock, threading.Lock())
    with state:
        entries[me] = entry
    try:
        for line in lines_of(sock):
            if me not in nicknames:
                with state:
                    nicknames[me] = line.strip() or f"[{address[0]}]:{address[1]}"
                post_everywhere(f"SERVER: {nicknames[me]} has joined the chat.")
            elif line.strip().upper() == "EXIT":
                post(entry, "DONE")
                break
            elif line.startswith("/name ") or line == "/name":
                new = line[6:].strip()
                if not new:
                    continue
                old = nicknames[me]
                with state:
                    nicknames[me] = new
                post_everywhere(f"SERVER: {old} is now {new}", include_me=True)
            else:
                post_everywhere(f"{nicknames[me]}: {line}")
    except OSError:
        pass
    finally:
        with state:
            name = nicknames.pop(me, None)
            del entries[me]
        with entry.lock:
            sock.close()
        if name is not None:
            post_everywhere(f"SERVER: {name} has left the chat.")


def main():
    server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", 65433))
    server.listen(50)
    print("listening on [::]:65433")
    while True:
        sock, address = server.accept()
        threading.Thread(target=one_client, args=(sock, address), daemon=True).start()


if __name__ == "__main__":
    main()
