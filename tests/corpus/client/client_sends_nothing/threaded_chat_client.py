import queue
import socket
import threading

outgoing = queue.Queue()


def sender(sock):
    while True:
        line = outgoing.get()
        sock.sendall(line.encode() + b"\n")


def receiver(sock):
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("The server closed the connection")
            return
        buffer += data
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            print(line.decode("utf-8", "replace"))


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    threading.Thread(target=receiver, args=(sock,), daemon=True).start()
    # the thread that sends
    threading.Thread(target=sender, args=(sock,), daemon=True)
    outgoing.put(input("Nickname: "))
    while True:
        try:
            text = input()
        except EOFError:
            break
        outgoing.put(text)
        if text.strip().upper() == "EXIT":
            break


main()
