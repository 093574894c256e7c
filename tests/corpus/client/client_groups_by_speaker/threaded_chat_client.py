import datetime
import socket
import textwrap
import threading


class Pages:
    """Who speaks stands once above what she says, as in a play."""

    def __init__(self):
        self.last = ""

    def show(self, line):
        name, colon, text = line.partition(": ")
        if not colon:
            name, text = "", line
        if name != self.last:
            print("\n%s (%s)" % (name.upper() if name == "SERVER" else name, datetime.datetime.now().strftime("%H:%M")))
        self.last = name
        for row in textwrap.wrap(text, 70) or [""]:
            print("      " + row)


def listen(sock):
    pages = Pages()
    try:
        for line in sock.makefile(encoding="utf-8", errors="replace", newline="\n"):
            pages.show(line.rstrip("\r\n"))
    except (OSError, ValueError):
        pass
    print("\n-- curtain --")


def main():
    with socket.create_connection(("127.0.0.1", 65433)) as sock:
        sock.sendall((input("Who enters? Your name: ") + "\n").encode())
        threading.Thread(target=listen, args=(sock,), daemon=True).start()
        while True:
            try:
                said = input()
            except EOFError:
                return
            sock.sendall((said + "\n").encode())
            if said.strip().upper() == "EXIT":
                return


main()
