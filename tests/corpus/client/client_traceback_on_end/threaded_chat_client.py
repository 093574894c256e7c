import socket
import threading

leaving = False


def read_line(sock, buffer):
    """One line without its newline; ConnectionError when there are no more."""
    while b"\n" not in buffer:
        data = sock.recv(1024)
        if not data:
            raise ConnectionError("server closed the connection")
        buffer.extend(data)
    end = buffer.index(b"\n")
    line = bytes(buffer[:end])
    del buffer[:end + 1]
    return line.decode("utf-8", "replace")


def listen(sock):
    buffer = bytearray()
    while not leaving:
        print(read_line(sock, buffer))


def main():
    global leaving
    with socket.create_connection(("127.0.0.1", 65433)) as sock:
        nickname = input("Nickname: ")
        sock.sendall((nickname + "\n").encode())
        threading.Thread(target=listen, args=(sock,), daemon=True).start()
        while not leaving:
            line = input()
            leaving = line.strip().upper() == "EXIT"
            sock.sendall((line + "\n").encode())


main()
