import socket
import sys
import threading

HOST, PORT = "127.0.0.1", 65433
HEIGHT = 8

window = [""] * HEIGHT
tty = sys.stdout.isatty()


def put(row, text):
    return "\x1b[%d;1H%s\x1b[K" % (row, text)


def draw_window():
    rows = "".join(put(number, text) for number, text in enumerate(window, start=1))
    sys.stdout.write("\x1b7" + rows + put(HEIGHT + 1, "=" * 50) + "\x1b8")
    sys.stdout.flush()


def add_message(text):
    if not tty:
        print(text, flush=True)
        return
    del window[0]
    window.append(text)
    draw_window()


def ask(prompt):
    if tty:
        sys.stdout.write("\x1b[%d;1H\x1b[J%s" % (HEIGHT + 2, prompt))
        sys.stdout.flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else "EXIT"


def receive(sock):
    stream = sock.makefile("rb")
    try:
        for raw in stream:
            add_message(raw.decode("utf-8", "replace").rstrip("\r\n"))
    except OSError:
        pass
    add_message("*** the server is gone, press Enter ***")


def main():
    sock = socket.create_connection((HOST, PORT))
    if tty:
        sys.stdout.write("\x1b[2J")
        draw_window()
    sock.sendall(ask("nickname: ").encode() + b"\n")
    threading.Thread(target=receive, args=(sock,), daemon=True).start()
    text = ""
    try:
        while text.strip().upper() != "EXIT":
            text = ask("> ")
            sock.sendall(text.encode() + b"\n")
    except (KeyboardInterrupt, OSError):
        pass
    sock.close()


if __name__ == "__main__":
    main()
