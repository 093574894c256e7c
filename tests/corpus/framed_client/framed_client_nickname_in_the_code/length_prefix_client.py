"""Chat client in frames: a thread listens while the main thread types."""
import socket
import struct
import sys
import threading


def receive_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            return None
        data += piece
    return data


def send_message(sock, text):
    data = text.encode("utf-8")
    sock.sendall(struct.pack("!I", len(data)) + data)


def listen(sock):
    while True:
        try:
            header = receive_exactly(sock, 4)
            if header is None:
                break
            length = struct.unpack("!I", header)[0]
            payload = receive_exactly(sock, length)
            if payload is None:
                break
        except OSError:
            break
        print(payload.decode("utf-8", errors="replace"), flush=True)
    print("[Connection closed]", flush=True)


def main():
    name = "guest"
    sock = socket.create_connection(("127.0.0.1", 65433))
    send_message(sock, name)
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    try:
        for line in sys.stdin:
            text = line.rstrip("\n")
            send_message(sock, text)
            if text.strip().upper() == "EXIT":
                break
    except (OSError, KeyboardInterrupt):
        pass
    sock.close()


if __name__ == "__main__":
    main()
