import socket
import threading

PORT = 65433
chatters = {}
chatters_lock = threading.RLock()


class LineReader:
    def __init__(self, sock):
        self.sock = sock
        self.chunks = bytearray()

    def read(self):
        """Next line as text, None at the end of the connection."""
        searched = 0
        while True:
            i = self.chunks.find(b"\n", searched)
            if i != -1:
                line = bytes(self.chunks[:i])
                del self.chunks[:i + 1]
                return line.decode("utf-8", errors="replace").rstrip("\r")
            searched = len(self.chunks)
            try:
                data = self.sock.recv(4096)
            except OSError:
                return None
            if data == b"":
                return None
            self.chunks.extend(data)


def send_message(sock, message):
    try:
        sock.sendall(message.encode("utf-8") + b"\n")
    except OSError:
        print("somebody did not get a message")


def send_others(sock, message):
    with chatters_lock:
        for s in chatters:
            if s is not sock:
                send_message(s, message)


def chat(sock, reader):
    send_others(sock, "SERVER: " + chatters[sock] + " has joined the chat.")
    while True:
        line = reader.read()
        if line is None:
            break
        if line.strip().upper() == "EXIT":
            with chatters_lock:
                send_message(sock, "DONE")
            break
        parts = line.split(maxsplit=1)
        if parts and parts[0] == "/name":
            if len(parts) > 1:
                with chatters_lock:
                    new = parts[1].strip()
                    send_others(sock, "SERVER: " + chatters[sock] + " is now " + new)
                    chatters[sock] = new
        else:
            send_others(sock, chatters[sock] + ": " + line)
    with chatters_lock:
        nick = chatters.pop(sock)
        send_others(None, "SERVER: " + nick + " has left the chat.")
    sock.close()


def main():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", PORT))
    server.listen(128)
    print("waiting for people")
    while True:
        sock, addr = server.accept()
        reader = LineReader(sock)
        nick = reader.read()
        if nick is None:
            # went away before telling the name
            sock.close()
            continue
        with chatters_lock:
            chatters[sock] = nick.strip() or "unknown " + str(addr[1])
        threading.Thread(target=chat, args=(sock, reader), daemon=True).start()


if __name__ == "__main__":
    main()
