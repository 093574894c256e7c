import socket

s = socket.socket()
s.connect(("127.0.0.1", 65433))
inbox = b""


def next_line():
    """The next whole line of the server, None at the end."""
    global inbox
    while b"\n" not in inbox:
        got = s.recv(1024)
        if got == b"":
            return None
        inbox = inbox + got
    line, inbox = inbox.split(b"\n", 1)
    return line.decode("utf-8", "replace")


name = input("your name: ")
s.sendall(name.encode("utf-8") + b"\n")
try:
    while True:
        text = input("me> ")
        s.sendall(text.encode("utf-8") + b"\n")
        answer = next_line()
        if answer is None:
            print("The server has gone.")
            break
        print(answer)
        if text.strip().upper() == "EXIT":
            break
except (EOFError, OSError):
    print("The end.")
s.close()
