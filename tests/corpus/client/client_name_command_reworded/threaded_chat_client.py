import socket
import threading


def show(sock):
    with sock.makefile("r", encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            print(line.rstrip("\r\n"))
    print("(the server closed the connection)")


def command(line):
    """Translate what is typed into what the server gets."""
    word, _, argument = line.partition(" ")
    if word == "/name":
        return "NAME " + argument
    return line


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    out = sock.makefile("w", encoding="utf-8", newline="\n")
    print(input("Nickname: "), file=out, flush=True)
    threading.Thread(target=show, args=(sock,), daemon=True).start()
    try:
        while True:
            line = input()
            print(command(line), file=out, flush=True)
            if line.strip().upper() == "EXIT":
                break
    except (EOFError, OSError):
        print("The connection is over.")


main()
