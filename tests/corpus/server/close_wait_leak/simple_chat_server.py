"""Simple chat server. Prints how many visitors there were."""
import socket
import threading

present = {}          # nickname and lock of everybody in the room, by socket
seen = []             # everybody who ever came
room_lock = threading.Lock()


def deliver(sock, lock, text):
    try:
        with lock:
            sock.sendall(text.encode("utf-8") + b"\n")
    except OSError:
        pass


def to_room(text, sender=None):
    with room_lock:
        targets = [(s, entry["lock"]) for s, entry in present.items() if s is not sender]
    for sock, lock in targets:
        deliver(sock, lock, text)


def read_line(stream):
    try:
        line = stream.readline()
    except OSError:
        return None
    if not line.endswith(b"\n"):
        return None
    line = line[:-1]
    if line.endswith(b"\r"):
        line = line[:-1]
    return line.decode("utf-8", errors="replace")


def visitor(sock, addr):
    stream = sock.makefile("rb")
    nickname = read_line(stream)
    if nickname is None:
        stream.close()
        sock.close()
        return
    entry = {
        "name": nickname.strip() or "visitor {}".format(addr[1]),
        "lock": threading.Lock(),
    }
    with room_lock:
        present[sock] = entry
        seen.append((sock, entry))
        print("visitors so far:", len(seen))
    to_room("SERVER: {} has joined the chat.".format(entry["name"]), sock)

    while True:
        line = read_line(stream)
        if line is None:
            break
        if line.strip().upper() == "EXIT":
            deliver(sock, entry["lock"], "DONE")
            sock.shutdown(socket.SHUT_RDWR)
            stream.close()
            sock.close()
            break
        command, blank, argument = line.partition(" ")
        if command != "/name":
            to_room("{}: {}".format(entry["name"], line), sock)
        elif argument.strip():
            to_room("SERVER: {} is now {}".format(entry["name"], argument.strip()), sock)
            entry["name"] = argument.strip()

    with room_lock:
        del present[sock]
    to_room("SERVER: {} has left the chat.".format(entry["name"]))


def main():
    entrance = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    entrance.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    entrance.bind(("0.0.0.0", 65433))
    entrance.listen(64)
    print("The room is open.")
    while True:
        sock, addr = entrance.accept()
        threading.Thread(target=visitor, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    main()
