# Chat client, session 2.  Lines end with \n, first line = my name.
import socket
import sys
import threading

SERVER = ("127.0.0.1", 65433)

finished = threading.Event()


def receive_forever(sock):
    pending = bytearray()
    while True:
        try:
            chunk = sock.recv(2048)
        except OSError:
            chunk = b""
        if chunk == b"":
            break
        pending += chunk
        end = pending.find(b"\n")
        while end >= 0:
            message = pending[:end].decode("utf-8", errors="replace")
            del pending[: end + 1]
            if message.strip() == "DONE":
                finished.set()
            else:
                print(message.rstrip("\r"))
            end = pending.find(b"\n")
    if not finished.is_set():
        print("*** the server has gone away, press Enter to leave ***")
        finished.set()


def main():
    name = ""
    while not name:
        name = input("Name: ").strip()

    try:
        sock = socket.create_connection(SERVER)
    except OSError as problem:
        print("Cannot connect:", problem)
        return 1

    sock.sendall((name + "\n").encode("utf-8"))
    threading.Thread(target=receive_forever, args=(sock,), daemon=True).start()
    print("You are in the chat as", name)

    try:
        while not finished.is_set():
            text = input()
            if finished.is_set():
                break
            sock.sendall((text + "\n").encode("utf-8"))
            if text.strip().lower() == "exit":
                finished.wait(5)  # the server says DONE
                break
    except (EOFError, KeyboardInterrupt):
        pass
    except OSError:
        print("Could not send that, the connection is closed.")
    sock.close()
    print("Bye!")
    return 0


if __name__ == "__main__":
    sys.exit(main())
