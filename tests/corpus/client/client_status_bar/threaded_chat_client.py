"""The last message is repeated in a bar at the top, with the number of messages."""
import os
import socket
import sys
import threading

sock = socket.create_connection(("127.0.0.1", 65433))
fancy = sys.stdout.isatty()
seen = 0


def bar(text):
    if fancy:
        sys.stdout.write("\x1b7\x1b[1;1H\x1b[7m\x1b[K" + text[:120] + "\x1b[0m\x1b8")


def listen():
    global seen
    waiting = bytearray()
    while True:
        data = sock.recv(512)
        if not data:
            print("\nNobody is there any more.")
            sys.stdout.flush()
            os._exit(0)
        waiting += data
        while b"\n" in waiting:
            raw, _, waiting = waiting.partition(b"\n")
            line = raw.decode("utf-8", "replace")
            seen += 1
            sys.stdout.write("\r" + " " * 30 + "\r" + line + "\n")
            bar("%d messages, last: %s" % (seen, line))
            sys.stdout.flush()


print("\n\nWelcome")
sock.sendall((input("How shall we call you? ") + "\n").encode())
threading.Thread(target=listen, daemon=True).start()
for typed in iter(sys.stdin.readline, ""):
    sock.sendall(typed.encode())
    if typed.strip().upper() == "EXIT":
        break
