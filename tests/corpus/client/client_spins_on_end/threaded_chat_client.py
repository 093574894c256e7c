import socket
import threading


def listener(sock):
    pending = bytearray()
    while True:
        pending.extend(sock.recv(1024))
        while b"\n" in pending:
            end = pending.index(b"\n")
            print(pending[:end].decode("utf-8", "replace"))
            del pending[:end + 1]


sock = socket.socket()
sock.connect(("127.0.0.1", 65433))
print("Type your nickname first, then your messages. EXIT quits.")
thread = threading.Thread(target=listener, args=(sock,), daemon=True)
thread.start()
typed = ""
while typed.strip().upper() != "EXIT":
    try:
        typed = input()
    except EOFError:
        break
    sock.sendall(typed.encode("utf-8") + b"\n")
sock.close()
