"""Chat client: one thread types, the other one listens."""
import socket
import sys
import threading


def complete_lines(sock):
    """Yield line after line until the server is gone."""
    rest = b""
    while True:
        try:
            data = sock.recv(4096)
        except OSError:
            return
        if not data:
            return
        *lines, rest = (rest + data).split(b"\n")
        yield from lines


def show(sock):
    for line in complete_lines(sock):
        if b"\r" in line:
            continue  # somebody's terminal redraws its prompt: not for us
        print(line.decode("utf-8", "replace"), flush=True)
    print("(the server has closed the connection)", flush=True)


def main():
    sock = socket.create_connection(("localhost", 65433))
    name = input("Name: ").strip()
    sock.sendall(name.encode("utf-8") + b"\n")
    threading.Thread(target=show, args=(sock,), daemon=True).start()
    for typed in sys.stdin:
        typed = typed.rstrip("\n")
        sock.sendall(typed.encode("utf-8") + b"\n")
        if typed.strip().lower() == "exit":
            break
    sock.close()


main()
