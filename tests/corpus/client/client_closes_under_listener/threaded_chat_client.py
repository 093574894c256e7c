import socket
import threading

HOST = "127.0.0.1"
PORT = 65433


def listen(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("Server closed the connection.")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


def main():
    sock = socket.create_connection((HOST, PORT))
    name = input("Nickname: ")
    sock.sendall(name.encode("utf-8") + b"\n")
    listener = threading.Thread(target=listen, args=(sock,))
    listener.start()
    while True:
        try:
            line = input()
        except EOFError:
            line = "EXIT"
        sock.sendall(line.encode("utf-8") + b"\n")
        if line.strip().upper() == "EXIT":
            sock.close()
            listener.join()
            print("Goodbye.")
            return


main()
