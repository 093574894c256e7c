import socket, threading, os
host = input("Server IP or name [localhost]: ").strip() or "127.0.0.1"
name = input("Nickname: ")

s = socket.create_connection((host, 65433))
s.sendall((name+"\n").encode())
def listen():
    for l in s.makefile("rb"): print(l.decode("utf-8","replace").rstrip(), flush=True)
    os._exit(0)
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t.strip().upper()=="EXIT": break
os._exit(0)
