import socket
import threading

nick = input("Nickname: ")
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect(("127.0.0.1", 65433))


def transmit(text):
    s.sendall((text + "\n").encode("utf-8"))


def hear():
    rest = b""
    while True:
        try:
            data = s.recv(1024)
        except OSError:
            data = b""
        if not data:
            print("Server gone")
            return
        rest += data
        while b"\n" in rest:
            line, rest = rest.split(b"\n", 1)
            print(line.decode("utf-8", "replace"))


transmit(nick)
threading.Thread(target=hear, daemon=True).start()
while True:
    try:
        text = input()
    except EOFError:
        break
    if text.strip().upper() == "EXIT":
        transmit("EXIT")
        break
    if text.startswith("/"):
        transmit(text)
    else:
        transmit(nick + ": " + text)
s.close()
