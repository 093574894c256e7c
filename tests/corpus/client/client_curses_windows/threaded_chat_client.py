import curses
import locale
import socket
import sys
import threading

HOST, PORT = "127.0.0.1", 65433


def receive(sock, show):
    rest = b""
    while True:
        try:
            data = sock.recv(2048)
        except OSError:
            break
        if not data:
            show("(the server has closed the connection, press Enter)")
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            show(line.decode("utf-8", "replace").rstrip("\r"))


def talk(sock, show, ask):
    sock.sendall(ask("Nickname: ").encode() + b"\n")
    threading.Thread(target=receive, args=(sock, show), daemon=True).start()
    text = ""
    while text.strip().upper() != "EXIT":
        text = ask("> ")
        sock.sendall(text.encode() + b"\n")


class Windows:
    def __init__(self, screen, sock):
        height, width = screen.getmaxyx()
        self.lock = threading.Lock()
        self.log = curses.newwin(height - 2, width, 0, 0)
        self.log.scrollok(True)
        self.entry = curses.newwin(1, width, height - 1, 0)
        self.entry.keypad(True)
        screen.hline(height - 2, 0, curses.ACS_HLINE, width)
        screen.refresh()
        self.line = ""
        talk(sock, self.show, self.ask)

    def show(self, message):
        with self.lock:
            self.log.addstr(message + "\n")
            self.log.refresh()
            self.entry.refresh()

    def ask(self, prompt):
        typed = ""
        self.entry.timeout(50)  # a lock must not be held while one waits for a key
        while True:
            with self.lock:
                self.entry.erase()
                self.entry.addstr(0, 0, (prompt + typed)[-100:])  # the window has one row
                self.entry.refresh()
            while True:
                try:
                    key = self.entry.get_wch()
                    break
                except curses.error:
                    continue
            if key in ("\n", "\r", curses.KEY_ENTER):
                return typed
            if key in ("\x7f", "\b", curses.KEY_BACKSPACE):
                typed = typed[:-1]
            elif key == "\x04":
                raise EOFError
            elif isinstance(key, str) and key.isprintable():
                typed += key


def main():
    locale.setlocale(locale.LC_ALL, "")
    with socket.create_connection((HOST, PORT)) as sock:
        try:
            if sys.stdin.isatty() and sys.stdout.isatty():
                curses.wrapper(Windows, sock)
            else:
                talk(sock, print, input)
        except (EOFError, KeyboardInterrupt, OSError):
            pass


if __name__ == "__main__":
    main()
