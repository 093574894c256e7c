import socket
import threading

CHAT = ("127.0.0.1", 65433)


def listen(sock):
    """Own thread for recv(), so that input() may block as long as it likes."""
    buffer = bytearray()
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            data = b""
        if not data:
            print("Server gone.")
            return
        buffer.extend(data)
        while b"\n" in buffer:
            line, _, rest = bytes(buffer).partition(b"\n")
            buffer[:] = rest
            print(line.decode("utf-8", "replace"))


def ask(prompt=""):
    while True:
        try:
            return input(prompt)
        except KeyboardInterrupt:
            print("\nType EXIT to leave.")


def main():
    sock = socket.create_connection(CHAT)
    sock.sendall((ask("Nickname: ") + "\n").encode("utf-8"))
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while True:
        try:
            line = ask()
        except EOFError:
            break
        sock.sendall((line + "\n").encode("utf-8"))
        if line.strip().upper() == "EXIT":
            break


main()
