"""Usage: python3 threaded_chat_client.py NICKNAME"""
import socket
import sys
import threading

if len(sys.argv) != 2:
    print(__doc__)
    sys.exit(2)

nickname = sys.argv[1]
chat = socket.create_connection(("127.0.0.1", 65433))


def incoming():
    so_far = b""
    while True:
        data = chat.recv(1024)
        if not data:
            print("server closed")
            return
        so_far += data
        *lines, so_far = so_far.split(b"\n")
        for line in lines:
            print(line.decode("utf-8", "replace"))


chat.sendall(nickname.encode() + b"\n")
threading.Thread(target=incoming, daemon=True).start()
for line in sys.stdin:
    chat.sendall(line.rstrip("\n").encode() + b"\n")
    if line.strip().upper() == "EXIT":
        break
