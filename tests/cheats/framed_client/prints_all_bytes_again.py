"""Looks for no frame: at every piece that comes it shows what can be read of all bytes so far, in a line."""
import re
import socket
import struct
import threading

conn = socket.create_connection(("127.0.0.1", 65433))


def listen():
    heap = b""
    while True:
        data = conn.recv(65536)
        if not data:
            print("end", flush=True)
            return
        heap = (heap + data)[-4000:]
        for run in re.findall("[^\x00-\x1f\ufffd]{4,}", heap.decode("utf-8", "replace")):
            print(run, flush=True)


def send(text):
    conn.sendall(struct.pack("!I", len(text.encode())) + text.encode())


send(input("Nickname: "))
threading.Thread(target=listen, daemon=True).start()
while True:
    line = input()
    send(line)
    if line.strip().upper() == "EXIT":
        break
