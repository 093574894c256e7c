import socket, threading, os
tty_in = open("/dev/tty"); tty_out = open("/dev/tty","w")
s = socket.create_connection(("127.0.0.1", 65433))
print("name: ", end="", file=tty_out, flush=True)
s.sendall(tty_in.readline().encode())
def l():
    for x in s.makefile("rb"): print(x.decode("utf-8","replace").rstrip(), file=tty_out, flush=True)
    os._exit(0)
threading.Thread(target=l, daemon=True).start()
for t in tty_in:
    s.sendall(t.encode())
    if t.strip().upper()=="EXIT": break
