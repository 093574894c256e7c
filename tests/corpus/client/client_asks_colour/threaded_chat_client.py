import socket
import threading

COLOURS = {"red": 31, "green": 32, "blue": 34}


def show(sock, code):
    pending = ""
    with sock.makefile("r", encoding="utf-8", errors="replace", newline="\n") as stream:
        for line in stream:
            print("\x1b[%dm%s\x1b[0m" % (code, line.rstrip("\r\n")), flush=True)
    print("The server has hung up.", flush=True)


def main():
    sock = socket.create_connection(("127.0.0.1", 65433))
    print("Connected to the chat server.")
    name = ""
    while not name:
        name = input("Nickname: ").strip()
    code = COLOURS.get(input("Favourite colour (red, green, blue): ").strip(), 36)
    sock.sendall((name + "\n").encode())
    threading.Thread(target=show, args=(sock, code), daemon=True).start()
    while True:
        try:
            text = input("You: ").rstrip()
        except (EOFError, KeyboardInterrupt):
            text = "EXIT"
        if text:
            sock.sendall((text + "\n").encode())
        if text.upper() == "EXIT":
            break
    sock.close()


if __name__ == "__main__":
    main()
