import socket
import threading

entered = threading.Semaphore(1)
sock = socket.create_connection(("127.0.0.1", 65433))


def listen():
    for raw in sock.makefile("rb"):
        entered.acquire()
        print(raw.decode("utf-8", "replace").rstrip("\r\n"))
    print("[the server has closed]")


sock.sendall(input("Nickname: ").encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    text = input()
    entered.release()
    sock.sendall(text.encode() + b"\n")
    if text.strip().upper() == "EXIT":
        break
