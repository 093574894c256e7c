import socket
import threading

PORT = 65433


def split_lines(waiting):
    parts = waiting.split(b"\n")
    return parts[:-1], parts[-1]


def hear(link):
    waiting = b""
    while True:
        data = link.recv(8192)
        if len(data) == 0:
            print("Server left, goodbye. Press Enter.")
            break
        lines, waiting = split_lines(waiting + data)
        if lines:
            print(" ".join(line.decode("utf8", "replace") for line in lines))


def say(link, what):
    link.sendall(bytes(what + "\n", "utf8"))


if __name__ == "__main__":
    link = socket.create_connection(("localhost", PORT))
    say(link, input("Choose a nickname: "))
    threading.Thread(target=hear, args=(link,), daemon=True).start()
    text = ""
    while text.strip().upper() != "EXIT":
        try:
            text = input("> ")
        except EOFError:
            text = "EXIT"
        say(link, text)
