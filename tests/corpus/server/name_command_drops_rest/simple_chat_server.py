#!/usr/bin/env python3
import socket
import threading

class Guest:
    pass

guests = []
lock = threading.Lock()

def write_line(guest, line):
    guest.turn.acquire()
    try:
        guest.sock.sendall(line.encode('utf-8') + b'\n')
    except OSError:
        pass
    finally:
        guest.turn.release()

def write_everyone(line, without=None):
    lock.acquire()
    copy = guests[:]
    lock.release()
    for g in copy:
        if g is not without:
            write_line(g, line)

def read_lines(guest):
    """Receives once. Gives the list of finished lines, or None at the end."""
    try:
        data = guest.sock.recv(4096)
    except OSError:
        return None
    if len(data) == 0:
        return None
    guest.buffer += data
    if b'\n' not in data:
        return []
    lines = guest.buffer.split(b'\n')
    guest.buffer = lines.pop()
    return [l.decode('utf-8', 'replace').rstrip('\r') for l in lines]

def serve(guest):
    lines = []
    while not lines:
        lines = read_lines(guest)
        if lines is None:
            guest.sock.close()
            return
    guest.name = lines.pop(0).strip()
    if not guest.name:
        guest.name = 'guest ' + str(guest.addr[1])
    lock.acquire()
    guests.append(guest)
    lock.release()
    write_everyone('SERVER: ' + guest.name + ' has joined the chat.', guest)
    leaving = False
    while lines is not None and not leaving:
        for line in lines:
            if line.strip().upper() == 'EXIT':
                write_line(guest, 'DONE')
                leaving = True
                break
            if line.startswith('/name ') and line[6:].strip() != '':
                old = guest.name
                guest.name = line[6:].strip()
                write_everyone('SERVER: ' + old + ' is now ' + guest.name, guest)
                break
            if line.strip() == '/name':
                continue
            write_everyone(guest.name + ': ' + line, guest)
        if not leaving:
            lines = read_lines(guest)
    lock.acquire()
    guests.remove(guest)
    lock.release()
    guest.sock.close()
    write_everyone('SERVER: ' + guest.name + ' has left the chat.')

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('0.0.0.0', 65433))
s.listen(60)
while True:
    g = Guest()
    g.sock, g.addr = s.accept()
    g.buffer = b''
    g.turn = threading.Lock()
    threading.Thread(target=serve, args=[g], daemon=True).start()
