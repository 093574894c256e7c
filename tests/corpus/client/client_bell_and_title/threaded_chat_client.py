import socket, threading, os, sys
s = socket.create_connection(("localhost", 65433))
def title(t): sys.stdout.write("\033]0;%s\007" % t)
def listen():
    buf = b""
    while True:
        d = s.recv(4096)
        if not d: break
        buf += d
        while b"\n" in buf:
            line, buf = buf.split(b"\n", 1)
            title("new message: " + line.decode("utf-8", "replace"))
            sys.stdout.write("\a\r\033[K\033[1;36m" + line.decode("utf-8", "replace").replace(": ", "\033[0m: ", 1) + "\033[0m\n\033[32m>>> \033[0m"); sys.stdout.flush()
    print("\nserver is gone"); os._exit(0)
title("chat")
print("\033[1mWelcome to the chat client!\033[0m")
print("Commands: /name NEW, EXIT")
name = ""
while not name:
    name = input("Who are you? ").strip()
s.sendall(f"{name}\n".encode())
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input("\033[32m>>> \033[0m")
    except EOFError: break
    if t.upper().strip() == "EXIT":
        s.sendall(b"EXIT\n"); s.shutdown(socket.SHUT_WR); break
    s.sendall((t+"\n").encode())
s.close()
