import socket
import threading

connected = False
sock = None


def start_chat(name):
    global connected, sock
    sock = socket.create_connection(("127.0.0.1", 65433))
    connected = True
    sock.sendall((name + "\n").encode())
    threading.Thread(target=listen, daemon=True).start()


def listen():
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            print("server closed")
            break
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


while True:
    try:
        choice = input("connect or quit? ")
    except EOFError:
        break
    if choice == 1:
        start_chat(input("Nickname: "))
    elif choice == 2:
        break
    elif connected:
        sock.sendall((choice + "\n").encode())
    else:
        print("please type 1 to connect or 2 to quit")
