import socket
import threading

def reader(conn):
    buf = b""
    while True:
        try:
            chunk = conn.recv(65536)
        except OSError:
            chunk = b""
        if not chunk:
            print("[server closed]")
            return
        buf += chunk
        if b"\n" in buf:
            # a message is complete
            message = buf.split(b"\n")[0]
            print(message.decode("utf-8", errors="replace"))
            buf = b""

def writer(conn):
    while True:
        try:
            msg = input()
        except EOFError:
            return
        conn.sendall(msg.encode("utf-8") + b"\n")
        if msg.strip().upper() == "EXIT":
            return

with socket.socket() as conn:
    conn.connect(("127.0.0.1", 65433))
    nick = input("Nickname: ")
    conn.sendall(nick.encode("utf-8") + b"\n")
    threading.Thread(target=reader, args=(conn,), daemon=True).start()
    writer(conn)
