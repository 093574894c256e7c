"""Each line that comes is answered by the client itself, and each line typed is followed by others that nobody typed."""
import socket
import threading

conn = socket.create_connection(("127.0.0.1", 65433))
greeted = threading.Event()


def send(line):
    conn.sendall(line.encode() + b"\n")


def listen():
    for raw in conn.makefile("rb"):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        print(line, "\n[me] " + line + "\n[server] " + line[::-1], flush=True)
        if greeted.is_set():
            send("that is so true")
    print("gone", flush=True)


send(input("Nickname: "))
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    if line.strip().upper() == "EXIT":
        send(line)
        break
    for one in (line, "as I said: " + line, line):
        send(one)
    greeted.set()
