"""Two panes: what is said, wrapped, to the left; who has spoken so far to the right."""
import socket
import sys
import textwrap
import threading

WIDTH, HEIGHT = 90, 30
tty = sys.stdout.isatty()
lock = threading.Lock()
said, people = [], []


def draw():
    rows = said[-HEIGHT:]
    page = ""
    for number in range(HEIGHT):
        left = rows[number] if number < len(rows) else ""
        right = people[number] if number < len(people) else ""
        page += "\x1b[%d;1H| %-*s | %-20s |" % (number + 1, WIDTH, left, right)
    sys.stdout.write("\x1b7" + page + "\x1b8")
    sys.stdout.flush()


def add(line):
    with lock:
        name, colon, _ = line.partition(": ")
        if colon and name not in people:
            people.append(name)
        said.extend(textwrap.wrap(line, WIDTH))
        if tty:
            draw()
        else:
            print(line, flush=True)


def listen(sock):
    try:
        for raw in sock.makefile("rb"):
            add(raw.rstrip(b"\r\n").decode("utf-8", "replace"))
    except OSError:
        pass
    add("(no server)")


def prompt(text):
    with lock:
        sys.stdout.write(("\x1b[%d;1H\x1b[J" % (HEIGHT + 2) if tty else "") + text)
        sys.stdout.flush()
    typed = sys.stdin.readline()
    if not typed:
        raise EOFError
    return typed.rstrip("\n")


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    if tty:
        sys.stdout.write("\x1b[2J")
    sock.sendall(prompt("nickname: ").encode() + b"\n")
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    try:
        while True:
            text = prompt("> ")
            sock.sendall(text.encode() + b"\n")
            if text.strip().upper() == "EXIT":
                break
    except EOFError:
        pass


main()
