import os
import socket
import threading

PORT = 65433


def listener(connection):
    # makefile does the buffering: it hands out a line only when the \n is there
    with connection.makefile("r", encoding="utf-8", errors="replace", newline="\n") as lines:
        try:
            for line in lines:
                print(line.rstrip("\r\n"))
        except OSError:
            pass
    print("(the server hung up)")
    os._exit(0)


def main():
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.connect(("127.0.0.1", PORT))
    writer = connection.makefile("w", encoding="utf-8", newline="\n")

    def send(text):
        writer.write(text)
        writer.write("\n")
        writer.flush()

    send(input("What should the server call you? "))
    t = threading.Thread(target=listener, args=(connection,))
    t.daemon = True
    t.start()

    while True:
        try:
            text = input()
        except (EOFError, KeyboardInterrupt):
            text = "EXIT"
        try:
            send(text)
        except OSError:
            break
        if text.strip().upper() == "EXIT":
            t.join(3)
            break


if __name__ == "__main__":
    main()
