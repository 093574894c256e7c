import getpass, socket, threading, os
u = input("Login: "); p = getpass.getpass("Password for %s: " % u)
s = socket.create_connection(("127.0.0.1", 65433)); s.sendall((u+"\n").encode())
def l():
    for x in s.makefile("rb"): print(x.decode("utf-8","replace").rstrip(), flush=True)
    os._exit(0)
threading.Thread(target=l, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t.strip().upper()=="EXIT": break
