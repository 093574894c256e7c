import queue
import socket
import threading

messages = queue.Queue()


def receive(sock):
    data = b""
    while True:
        try:
            more = sock.recv(1024)
        except OSError:
            more = b""
        if not more:
            messages.put("[the server has closed the connection]")
            break
        data += more
        while b"\n" in data:
            line, _, data = data.partition(b"\n")
            messages.put(line.decode("utf-8", "replace"))


def printer():
    while True:
        print(messages.get())


def main():
    sock = socket.socket()
    sock.connect(("127.0.0.1", 65433))
    threading.Thread(target=printer).start()
    name = input("Nickname: ")
    sock.sendall((name + "\n").encode("utf-8"))
    threading.Thread(target=receive, args=(sock,)).start()
    while True:
        text = input()
        sock.sendall((text + "\n").encode("utf-8"))
        if text.strip().upper() == "EXIT":
            print("Goodbye!")
            break


main()
