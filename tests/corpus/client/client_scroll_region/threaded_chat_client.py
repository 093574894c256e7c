"""The bottom line of the terminal is mine, all other lines belong to the chat."""
import shutil
import socket
import sys
import threading

SERVER = ("127.0.0.1", 65433)
columns, rows = shutil.get_terminal_size()
on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
pen = threading.Lock()


def write(*parts):
    sys.stdout.write("".join(parts))
    sys.stdout.flush()


def at(row, column=1):
    return "\x1b[%d;%dH" % (row, column)


def set_up():
    if on_terminal:
        write("\x1b[2J", "\x1b[1;%dr" % (rows - 1), at(rows))


def tear_down():
    if on_terminal:
        write("\x1b[r", at(rows), "\n")


def show(message):
    with pen:
        if on_terminal:
            write("\x1b7", at(rows - 1), "\n", message, "\x1b8")
        else:
            print(message, flush=True)


def ask(prompt):
    if on_terminal:
        with pen:
            write("\x1b[r", at(rows), "\x1b[2K", "\x1b[1;%dr" % (rows - 1), at(rows), prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def chat_lines(sock):
    data = b""
    while True:
        more = sock.recv(4096)
        if not more:
            return
        data += more
        *ready, data = data.split(b"\n")
        yield from ready


def listen(sock):
    try:
        for raw in chat_lines(sock):
            show(raw.decode("utf-8", "replace").rstrip("\r"))
    except OSError:
        return
    show("--- end of the chat: Enter quits ---")


def main():
    sock = socket.create_connection(SERVER)
    set_up()
    try:
        sock.sendall(ask("nickname: ").encode() + b"\n")
        threading.Thread(target=listen, args=(sock,), daemon=True).start()
        while True:
            text = ask("say: ")
            sock.sendall(text.encode() + b"\n")
            if text.strip().upper() == "EXIT":
                break
    except (EOFError, KeyboardInterrupt, OSError):
        pass
    finally:
        tear_down()
        sock.close()


main()
