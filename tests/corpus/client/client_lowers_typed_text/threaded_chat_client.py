import socket, threading, os
s = socket.create_connection(("127.0.0.1", 65433))
def listen():
    for l in s.makefile("rb"): print(l.decode("utf-8","replace").rstrip(), flush=True)
    os._exit(0)
s.sendall((input("name: ")+"\n").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input().lower().strip()      # wrong: lower-cases what is typed
    except EOFError: break
    if t: s.sendall((t+"\n").encode())
    if t == "exit": break
