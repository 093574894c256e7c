#!/usr/bin/env python3
# chat server with a simple protection against spam

import socket
import threading
import time

MIN_GAP = 0.05          # seconds between two chat lines of the same person

clients = {}            # conn -> [name, time of the last line]
clients_lock = threading.Lock()
send_locks = {}


def send_line(conn, text):
    lock = send_locks.get(conn)
    if lock is None:
        return
    with lock:
        try:
            conn.sendall(text.encode('utf-8') + b'\n')
        except OSError:
            pass        # the thread that reads from it removes it


def broadcast(text, exclude=None):
    with clients_lock:
        targets = [c for c in clients if c is not exclude]
    for c in targets:
        send_line(c, text)


def recv_lines(conn):
    buffer = bytearray()
    while True:
        try:
            data = conn.recv(4096)
        except OSError:
            return
        if not data:
            return
        buffer += data
        if b'\n' not in data:
            continue
        *complete, rest = bytes(buffer).split(b'\n')
        buffer = bytearray(rest)
        for raw in complete:
            yield raw.decode('utf-8', 'replace').rstrip('\r')


def slow_down(entry):
    pause = entry[1] + MIN_GAP - time.monotonic()
    if pause > 0:
        time.sleep(pause)
    entry[1] = time.monotonic()


def handle(conn, addr):
    lines = recv_lines(conn)
    first = next(lines, None)
    if first is None:
        conn.close()
        return
    entry = [first.strip() or 'guest%d' % addr[1], 0.0]
    send_locks[conn] = threading.Lock()
    with clients_lock:
        clients[conn] = entry
    broadcast('SERVER: %s has joined the chat.' % entry[0], conn)
    for line in lines:
        if line.strip().upper() == 'EXIT':
            send_line(conn, 'DONE')
            break
        if line.startswith('/name ') or line == '/name':
            new = line[5:].strip()
            if new:
                broadcast('SERVER: %s is now %s' % (entry[0], new), conn)
                entry[0] = new
            continue
        slow_down(entry)
        broadcast('%s: %s' % (entry[0], line), conn)
    with clients_lock:
        del clients[conn]
    with send_locks.pop(conn):
        conn.close()
    broadcast('SERVER: %s has left the chat.' % entry[0])


ls = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
ls.bind(('0.0.0.0', 65433))
ls.listen(50)
print('spam-proof chat on port 65433')
while True:
    c, a = ls.accept()
    threading.Thread(target=handle, args=(c, a), daemon=True).start()
