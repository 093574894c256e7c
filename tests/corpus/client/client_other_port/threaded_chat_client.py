import socket
import threading

HOST = "127.0.0.1"
PORT = 65432


def receive_loop(sock):
    buffer = bytearray()
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            break
        if not data:
            break
        buffer += data
        lines = buffer.split(b"\n")
        buffer = lines.pop()
        for line in lines:
            print(line.decode("utf-8", "replace"))
    print("Disconnected.")


def main():
    name = input("Enter nickname: ")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.connect((HOST, PORT))
        sock.sendall(name.encode() + b"\n")
        threading.Thread(target=receive_loop, args=(sock,), daemon=True).start()
        while True:
            try:
                line = input()
            except (EOFError, KeyboardInterrupt):
                return
            sock.sendall(line.encode() + b"\n")
            if line.strip().upper() == "EXIT":
                return


main()
