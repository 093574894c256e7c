import socket
import threading

HOST = "127.0.0.1"
PORT = 65433


def print_lines(sock):
    buffered = bytearray()
    while True:
        try:
            n = sock.recv(1024)
        except OSError:
            return
        if not n:
            print("Disconnected, press Enter")
            return
        buffered.extend(n)
        lines = buffered.split(b"\n")
        buffered = lines.pop()
        for line in lines:
            print(str(line, "utf-8", "replace").rstrip("\r"))


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.connect((HOST, PORT))
    alias = input(f"Connected to {HOST}, port {PORT}. Choose an alias: ")
    sock.sendall(alias.encode("utf-8") + b"\n")

    listener = threading.Thread(target=print_lines, args=(sock,), daemon=True)
    listener.start()

    while listener.is_alive():
        try:
            message = input()
        except EOFError:
            break
        except KeyboardInterrupt:
            print()
            break
        try:
            sock.sendall(message.encode("utf-8") + b"\n")
        except OSError:
            break
        if message.strip().upper() == "EXIT":
            listener.join(timeout=2)
            break
    sock.close()


if __name__ == "__main__":
    main()
