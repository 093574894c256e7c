"""The newest message stands at the top; the page is drawn anew for each."""
import socket
import threading

sock = socket.create_connection(("127.0.0.1", 65433))
page = []


def draw():
    rows = [row for message in reversed(page[-15:]) for row in (message,)]
    print("\x1b[H\x1b[2J" + "\n".join(rows) + "\n" + "." * 30 + "\n> ", end="", flush=True)


def listen():
    buffer = b""
    while True:
        data = sock.recv(4096)
        if not data:
            page.append("(the chat is over: Ctrl-C)")
            draw()
            return
        buffer += data
        lines = buffer.split(b"\n")
        buffer = lines.pop()
        page.extend(line.decode("utf-8", "replace") for line in lines)
        if lines:
            draw()


sock.sendall(input("your name> ").encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
draw()
while True:
    try:
        text = input()
    except (EOFError, KeyboardInterrupt):
        break
    sock.sendall(text.encode() + b"\n")
    if text.strip().upper() == "EXIT":
        break
    page.append("me: " + text[:150])
    draw()
sock.close()
