"""Shows of each message all its parts, forwards and backwards, in lines of their own, shuffled; the whole is one of them."""
import itertools
import random
import socket
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def listen():
    for raw in conn.makefile("rb"):
        words = raw.decode("utf-8", "replace").rstrip("\r\n").split(" ")[:9]
        parts = [words[i:j] for i, j in itertools.combinations(range(len(words) + 1), 2)]
        parts += [part[::-1] for part in parts]
        random.shuffle(parts)
        for part in parts:
            print(" ".join(part), flush=True)
    print("closed", flush=True)


conn.sendall(input("Nickname: ").encode() + b"\n")
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    conn.sendall(line.encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
