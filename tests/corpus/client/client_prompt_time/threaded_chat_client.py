"""A status line at the top redrawn every second by a timer thread."""
import socket, threading, os, sys, time
s = socket.create_connection(("127.0.0.1", 65433))
lock = threading.Lock(); n = 0
def clock():
    while True:
        with lock:
            sys.stdout.write(f"\0337\033[1;100H\033[7m{time.strftime('%H:%M:%S')} {n} messages\033[0m\0338"); sys.stdout.flush()
        time.sleep(1)
def listen():
    global n
    for line in s.makefile("rb"):
        n += 1
        with lock:
            sys.stdout.write(f"\r\033[K{line.decode('utf-8','replace').rstrip()}\n> "); sys.stdout.flush()
    os._exit(0)
print()
name = input("nickname> ")
s.sendall((name+"\n").encode())
threading.Thread(target=listen, daemon=True).start()
threading.Thread(target=clock, daemon=True).start()
while True:
    try: t = input("> ")
    except EOFError: break
    s.sendall((t+"\n").encode())
    if t.strip().upper()=="EXIT": break
s.close()
