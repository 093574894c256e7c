import os
import socket
import threading
import time

HOST = socket.gethostname()  # server and client run on the same computer
PORT = 65433

running = True


def receive(sock):
    global running
    buffer = ""
    reader = sock.makefile("rb", buffering=0)
    pending = []
    while running:
        try:
            byte = reader.read(1)
        except OSError:
            break
        if not byte:
            break
        if byte == b"\n":
            buffer = b"".join(pending).decode("utf-8", errors="replace")
            pending = []
            print("\r" + buffer.rstrip("\r"))
        else:
            pending.append(byte)
    if running:
        print("\rdisconnected from server")
    running = False


def send(sock):
    global running
    while running:
        try:
            text = input()
            sock.sendall(text.encode("utf-8") + b"\n")
        except (EOFError, OSError):
            break
        if text.strip().upper() == "EXIT":
            break
    running = False


if __name__ == "__main__":
    os.system("cls" if os.name == "nt" else "clear")
    print("#" * 30)
    print("#     S I M P L E   C H A T   #")
    print("#" * 30)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.connect((HOST, PORT))
    sock.sendall(input("Enter nickname >>> ").encode("utf-8") + b"\n")
    for job in (receive, send):
        threading.Thread(target=job, args=(sock,), daemon=True).start()
    try:
        while running:
            time.sleep(0.1)
    except KeyboardInterrupt:
        pass
    sock.close()
    os._exit(0)
