import socket
import threading

host, port = "127.0.0.1", 65433
connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
connection.connect((host, port))


def show_messages():
    text = ""
    while True:
        data = connection.recv(1024)
        if not data:
            print("The server has closed the connection.")
            return
        text = text + data.decode("utf-8")
        while "\n" in text:
            first, text = text.split("\n", 1)
            print(first)


def send(line):
    connection.sendall(f"{line}\n".encode("utf-8"))


send(input("Nickname: "))
threading.Thread(target=show_messages, daemon=True).start()
while True:
    try:
        line = input()
    except EOFError:
        break
    send(line)
    if line.strip().upper() == "EXIT":
        break
