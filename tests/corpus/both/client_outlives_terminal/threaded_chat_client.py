import signal
import socket
import threading
import time

signal.signal(signal.SIGHUP, signal.SIG_IGN)  # do not die by accident
sock = socket.create_connection(("127.0.0.1", 65433))


def say(text):
    try:
        print(text)
    except OSError:
        pass


def listen():
    """Prints the messages of the others while the main thread waits in input()."""
    buffer = b""
    while True:
        data = sock.recv(1024)
        if not data:
            say("The server closed the connection.")
            return
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            say(line.decode("utf-8", "replace"))


def ask(prompt=""):
    """input() that never gives up."""
    while True:
        try:
            return input(prompt)
        except (EOFError, OSError):
            time.sleep(1)


sock.sendall(ask("Nickname: ").encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    line = ask()
    sock.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
