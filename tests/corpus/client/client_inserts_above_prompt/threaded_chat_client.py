import socket
import sys
import threading

HOST = "127.0.0.1"
PORT = 65433
FANCY = sys.stdout.isatty()


def show(text):
    """Put a line above the one with the prompt; what is half typed stays where it is."""
    if not FANCY:
        print(text, flush=True)
        return
    sys.stdout.write(
        "\x1b[s"      # remember where the cursor is
        "\x1b[A"      # one line up
        "\x1b[999D"   # to its beginning
        "\x1b[S"      # scroll everything up by one
        "\x1b[L"      # insert an empty line
        + text
        + "\x1b[u"    # back again
    )
    sys.stdout.flush()


def receiver(sock):
    buffer = b""
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            return
        if not data:
            show("The server closed the connection. Press Enter.")
            return
        buffer += data
        while b"\n" in buffer:
            line, _, buffer = buffer.partition(b"\n")
            show(line.decode("utf-8", "replace").rstrip("\r"))


def main():
    if FANCY:
        print("\n" * 60, end="")  # start at the bottom of the window
    with socket.create_connection((HOST, PORT)) as sock:
        sock.sendall(input("Nickname: ").encode() + b"\n")
        threading.Thread(target=receiver, args=(sock,), daemon=True).start()
        try:
            while True:
                text = input("> ")
                sock.sendall(text.encode() + b"\n")
                if text.strip().upper() == "EXIT":
                    break
        except (EOFError, KeyboardInterrupt, OSError):
            print()


if __name__ == "__main__":
    main()
