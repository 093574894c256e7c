"""Asks for the name, and whether it is right."""
import socket, threading, os
name = input("Your nickname please: ").strip()
while True:
    ok = input(f"Join as '{name}'? [Y/n] ").strip().lower()
    if ok in ("", "y", "yes"): break
    name = input("Your nickname please: ").strip()
s = socket.create_connection(("127.0.0.1", 65433))
s.sendall((name+"\n").encode())
def listen():
    b = bytearray()
    while True:
        d = s.recv(1024)
        if not d: os._exit(0)
        b += d
        while b"\n" in b:
            i = b.index(b"\n"); print(b[:i].decode("utf-8","replace")); del b[:i+1]
threading.Thread(target=listen, daemon=True).start()
while True:
    try: t = input()
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t.strip().upper()=="EXIT": break
s.close()
