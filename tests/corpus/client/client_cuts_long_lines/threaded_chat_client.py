import socket, threading, os
s = socket.create_connection(("127.0.0.1", 65433))
def listen():
    for l in s.makefile("rb"): print(l.decode("utf-8","replace").rstrip()[:60], flush=True)   # wrong: cuts
    os._exit(0)
s.sendall((input("name: ")+"\n").encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t[:60]+"\n").encode())
    if t == "EXIT": break
