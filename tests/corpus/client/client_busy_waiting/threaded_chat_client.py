import os
import socket
import threading

sock = socket.create_connection(("127.0.0.1", 65433))
sock.setblocking(False)


def poll():
    buffer = b""
    while True:
        try:
            data = sock.recv(1024)
        except BlockingIOError:
            continue  # nothing there yet
        except OSError:
            return
        if not data:
            print("The server closed the connection.", flush=True)
            os._exit(0)
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


sock.sendall(input("Nickname: ").encode("utf-8") + b"\n")
threading.Thread(target=poll, daemon=True).start()
while True:
    try:
        line = input()
    except EOFError:
        break
    sock.sendall(line.encode("utf-8") + b"\n")
    if line.strip().upper() == "EXIT":
        break
