# One loop, no threads. Every socket is non-blocking and is simply asked
# again and again if there is something.

import socket
import time


class Slot:
    pass


slots = []
main_socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
main_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
main_socket.bind(('0.0.0.0', 65433))
main_socket.listen(30)
main_socket.setblocking(False)


def new_slot(sock, addr):
    slot = Slot()
    slot.sock = sock
    slot.addr = addr
    slot.name = None
    slot.inp = b''
    slot.out = bytearray()
    slot.dead = False       # connection is broken
    slot.bye = False        # DONE is in the out buffer
    sock.setblocking(False)
    slots.append(slot)


def for_all_but(slot, text):
    raw = (text + '\n').encode('utf-8')
    for other in slots:
        if other is slot or other.name is None:
            continue
        if other.dead or other.bye:
            continue
        other.out += raw


def poll_input(slot):
    try:
        data = slot.sock.recv(100000)
    except BlockingIOError:
        return
    except OSError:
        slot.dead = True
        return
    if not data:
        slot.dead = True
        return
    slot.inp += data
    if b'\n' in data:
        lines = slot.inp.split(b'\n')
        slot.inp = lines[-1]
        for raw in lines[:-1]:
            line = raw.decode('utf-8', 'replace').rstrip('\r')
            do_line(slot, line)
            if slot.bye:
                return


def do_line(slot, line):
    if slot.name is None:
        slot.name = line.strip()
        if not slot.name:
            slot.name = str(slot.addr)
        for_all_but(slot, 'SERVER: ' + slot.name + ' has joined the chat.')
        return
    if line.strip().upper() == 'EXIT':
        slot.out += b'DONE\n'
        slot.bye = True
        return
    w = line.split(' ')
    if w[0] == '/name':
        new = ' '.join(w[1:]).strip()
        if new:
            for_all_but(slot, 'SERVER: ' + slot.name + ' is now ' + new)
            slot.name = new
        return
    for_all_but(slot, slot.name + ': ' + line)


def poll_output(slot):
    if not slot.out:
        return
    try:
        n = slot.sock.send(slot.out[:200000])
    except BlockingIOError:
        return
    except OSError:
        slot.dead = True
        return
    del slot.out[:n]


print('polling...')
while True:
    try:
        new_slot(*main_socket.accept())
    except BlockingIOError:
        pass
    for slot in slots:
        if not slot.dead and not slot.bye:
            poll_input(slot)
    for slot in slots:
        if not slot.dead:
            poll_output(slot)
    for slot in list(slots):
        if slot.dead or (slot.bye and not slot.out):
            slots.remove(slot)
            slot.sock.close()
            if slot.name is not None:
                for_all_but(slot, 'SERVER: ' + slot.name + ' has left the chat.')
    time.sleep(0.001)
