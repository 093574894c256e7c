import socket
import sys
import threading
import time

HOST = "127.0.0.1"
PORT = 65433
SPEED = 0.003  # seconds for a letter


def slowly(text, end="\n"):
    for letter in text:
        sys.stdout.write(letter)
        sys.stdout.flush()
        time.sleep(SPEED)
    sys.stdout.write(end)
    sys.stdout.flush()


def loading(text):
    print(text, end="", flush=True)
    for _ in range(3):
        time.sleep(0.15)
        print(".", end="", flush=True)
    print()


def listen(sock):
    buf = bytearray()
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            return
        if not data:
            slowly("The line went dead. Press Enter.")
            return
        for byte in data:
            if byte == 0x0A:
                slowly(buf.decode("utf-8", "replace").rstrip("\r"))
                buf.clear()
            else:
                buf.append(byte)


def main():
    loading("Connecting")
    sock = socket.socket()
    sock.connect((HOST, PORT))
    slowly("Connected. Who is calling? ", end="")
    sock.sendall((input() + "\n").encode())
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    try:
        text = ""
        while text.strip().upper() != "EXIT":
            text = input()
            sock.sendall((text + "\n").encode())
        loading("Leaving")
    except (EOFError, KeyboardInterrupt, OSError):
        pass
    sock.close()


if __name__ == "__main__":
    main()
