import socket
import threading

# client socket -> its nickname
nicknames = {}
# held while anything is sent, so that lines do not get mixed
big_lock = threading.RLock()


def relay(text, me):
    with big_lock:
        for sock in nicknames:
            if sock == me:
                continue
            try:
                sock.sendall((text + "\n").encode("utf-8"))
            except OSError:
                pass


def join(sock, addr, nickname):
    nickname = nickname.strip()
    if not nickname:
        nickname = "client" + str(addr[1])
    with big_lock:
        nicknames[sock] = nickname
        relay("SERVER: " + nickname + " has joined the chat.", sock)


def rename(sock, new):
    with big_lock:
        old = nicknames[sock]
        nicknames[sock] = new
        relay("SERVER: " + old + " is now " + new, sock)


def leave(sock):
    with big_lock:
        if sock in nicknames:
            nickname = nicknames.pop(sock)
            relay("SERVER: " + nickname + " has left the chat.", sock)
    sock.close()


def client(sock, addr):
    buf = bytearray()
    try:
        while True:
            data = sock.recv(8192)
            if not data:
                return
            # is it the name command?
            if sock in nicknames and data.startswith(b"/name "):
                new = data[6:].split(b"\n")[0].decode("utf-8", "replace").strip()
                if new:
                    rename(sock, new)
                    continue
            buf.extend(data)
            if b"\n" not in data:
                continue
            lines = buf.split(b"\n")
            buf = lines[-1]
            for raw in lines[:-1]:
                text = raw.decode("utf-8", "replace")
                if text[-1:] == "\r":
                    text = text[:-1]
                if sock not in nicknames:
                    join(sock, addr, text)
                elif text.strip().lower() == "exit":
                    with big_lock:
                        sock.sendall(b"DONE\n")
                    return
                elif text.strip() == "/name":
                    pass    # no name given
                else:
                    relay(nicknames[sock] + ": " + text, sock)
    except OSError:
        pass
    finally:
        leave(sock)


def main():
    srv = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    srv.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    srv.bind(("0.0.0.0", 65433))
    srv.listen(50)
    while True:
        sock, addr = srv.accept()
        threading.Thread(target=client, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()
