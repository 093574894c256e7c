import getpass
import socket
import threading


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("The server said good-bye.")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


def send_line(sock, text):
    sock.sendall(text.encode("utf-8") + b"\n")


def main():
    password = getpass.getpass("Password: ")
    sock = socket.create_connection(("127.0.0.1", 65433))
    send_line(sock, password)
    send_line(sock, input("Nickname: "))
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while True:
        try:
            text = input()
        except EOFError:
            break
        send_line(sock, text)
        if text.strip().upper() == "EXIT":
            break


main()
