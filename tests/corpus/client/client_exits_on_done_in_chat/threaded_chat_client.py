import socket, threading, os
s = socket.create_connection(("127.0.0.1", 65433))
def listen():
    b = b""
    while True:
        d = s.recv(1024)
        if not d or b"DONE" in d: os._exit(0)   # wrong: any message with DONE in it ends it
        b += d
        while b"\n" in b:
            l, b = b.split(b"\n", 1); print(l.decode("utf-8","replace"), flush=True)
s.sendall((input("name: ")+"\n").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t == "EXIT": break
