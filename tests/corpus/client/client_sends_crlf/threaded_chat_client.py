"""Ends its lines in CRLF, as telnet does."""
import socket, threading, os
s = socket.create_connection(("127.0.0.1", 65433))
w = s.makefile("w", encoding="utf-8", newline="\r\n")
r = s.makefile("r", encoding="utf-8", errors="replace", newline="\n")
def listen():
    for l in r: print("<<", l.rstrip())
    os._exit(0)
print("Pseudo? ", end="", flush=True)
print(input(), file=w, flush=True)
threading.Thread(target=listen, daemon=True).start()
try:
    while True:
        t = input()
        print(t, file=w, flush=True)
        if t.strip().upper() == "EXIT": break
except EOFError: pass
os._exit(0)
