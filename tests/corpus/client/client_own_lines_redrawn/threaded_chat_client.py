"""Replaces the typed line by 'me: ...' above and shows a time before each message."""
import socket, threading, os, sys, datetime
class Listener(threading.Thread):
    def __init__(self, sock):
        super().__init__(daemon=True); self.sock = sock; self.buf = b""
    def run(self):
        while True:
            try: d = self.sock.recv(10)
            except OSError: return
            if not d: break
            self.buf += d
            while True:
                l, sep, r = self.buf.partition(b"\n")
                if not sep: break
                self.buf = r
                print(f"\r\x1b[2K[{datetime.datetime.now():%H:%M}] {l.decode('utf-8','replace')}\n: ", end="", flush=True)
        print("Connection closed by server", flush=True); os._exit(0)
def main():
    s = socket.socket(); s.connect(("127.0.0.1", 65433))
    me = input("Name: ").strip() or "anonymous"
    s.sendall(me.encode()+b"\n")
    Listener(s).start()
    while True:
        try: t = input(": ")
        except (EOFError, KeyboardInterrupt): break
        print(f"\x1b[1A\x1b[2K\x1b[2mme: {t}\x1b[0m", flush=True)
        s.sendall(t.encode()+b"\n")
        if t.strip().lower() == "exit": break
    s.close()
main()
