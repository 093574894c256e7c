import socket
import sys
import threading
import time

HOST = "127.0.0.1"
PORT = 65433

CLEAR = "\r\033[2K"
GREY = "\033[90m"
YELLOW = "\033[1;33m"
CYAN = "\033[36m"
RESET = "\033[0m"

nick = ""


def paint(message):
    clock = time.strftime("[%H:%M]")
    if message.startswith("SERVER:"):
        body = YELLOW + message + RESET
    else:
        who, colon, what = message.partition(":")
        body = CYAN + who + colon + RESET + what if colon else message
    return GREY + clock + RESET + " " + body


def prompt():
    sys.stdout.write(GREY + nick + "> " + RESET)
    sys.stdout.flush()


def say(message):
    sys.stdout.write(CLEAR + paint(message) + "\n")
    prompt()


def hear(sock):
    data = b""
    while True:
        try:
            more = sock.recv(1024)
        except OSError:
            return
        if not more:
            sys.stdout.write(CLEAR + YELLOW + "Lost the server. Press Enter." + RESET + "\n")
            sys.stdout.flush()
            return
        data += more
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            say(line.rstrip(b"\r").decode("utf-8", "replace"))


def main():
    global nick
    sock = socket.socket()
    sock.connect((HOST, PORT))
    sys.stdout.write("\033[1mPick a nick:\033[0m ")
    sys.stdout.flush()
    nick = sys.stdin.readline().strip()
    sock.sendall(nick.encode() + b"\n")
    threading.Thread(target=hear, args=(sock,), daemon=True).start()
    try:
        while True:
            prompt()
            typed = sys.stdin.readline()
            if typed == "":
                break
            typed = typed.rstrip("\n")
            if typed.strip().upper() == "EXIT":
                break
            if typed.startswith("/name ") and typed[6:].strip():
                nick = typed[6:].strip()
            sock.sendall(typed.encode() + b"\n")
    except (KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        pass
    sock.close()
    print(RESET + "bye")


main()
