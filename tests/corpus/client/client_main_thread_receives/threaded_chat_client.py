import socket
import sys
import threading


def keyboard(sock):
    """Runs in the background: whatever is typed goes to the server."""
    try:
        while True:
            line = input()
            sock.sendall(f"{line}\n".encode("utf-8"))
            if line.strip().upper() == "EXIT":
                return  # the server answers, and the main thread ends
    except EOFError:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def lines_of(sock):
    """Generator of complete lines, until the server closes."""
    collected = []
    while True:
        data = sock.recv(1500)
        if not data:
            return
        first, *others = data.split(b"\n")
        collected.append(first)
        for other in others:
            yield b"".join(collected).decode("utf-8", "replace").rstrip("\r")
            collected = [other]


def main():
    nickname = input("Hello! Under which nickname do you want to chat?\n")
    sock = socket.create_connection(("127.0.0.1", 65433))
    sock.sendall(f"{nickname}\n".encode("utf-8"))
    typist = threading.Thread(target=keyboard, args=(sock,), daemon=True)
    typist.start()
    try:
        for line in lines_of(sock):
            if line == "DONE":
                print("Goodbye,", nickname)
                break
            print("  " + line)
        else:
            print("The server has ended the chat.")
    except KeyboardInterrupt:
        print()
    except ConnectionResetError:
        print("The server crashed.")
    sock.close()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
