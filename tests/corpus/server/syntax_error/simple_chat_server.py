# simple chat, session 2
from socket import *
from threading import Thread, Lock

PORT = 65433
online = []
online_lock = Lock()

class Client:
    def __init__(self, sock, addr):
        self.sock = sock
        self.name = addr[0] + ":" + str(addr[1])
        self.inbox = bytearray()

    def send(self, text):
        try:
            self.sock.sendall((text + '\n').encode())
            return True
        except OSError:
            return False

    def readline(self):
        start = 0
        while True:
            end = self.inbox.find(b'\n', start)
            if end >= 0:
                line = self.inbox[:end].decode(errors='replace')
                del self.inbox[:end + 1]
                return line.rstrip('\r')
            start = len(self.inbox)
            try:
                chunk = self.sock.recv(4096)
            except OSError:
                return None
            if not chunk
                return None
            self.inbox.extend(chunk)

def broadcast_message(text, sender=None):
    online_lock.acquire()
    for c in online:
        if c is not sender:
            c.send(text)
    online_lock.release()

def client_thread(c):
    name = c.readline()
    if name is None:
        c.sock.close()
        return
    if name.strip():
        c.name = name.strip()
    with online_lock:
        online.append(c)
    broadcast_message(f'SERVER: {c.name} has joined the chat.', c)
    while True:
        line = c.readline()
        if line is None:
            break
        if line.strip().upper() == 'EXIT':
            with online_lock:
                c.send('DONE')
            break
        if line.split(' ')[0] == '/name':
            new = line[5:].strip()
            if new:
                broadcast_message(f'SERVER: {c.name} is now {new}')
                c.name = new
        else:
            broadcast_message(f'{c.name}: {line}', c)
    with online_lock:
        online.remove(c)
    c.sock.close()
    broadcast_message(f'SERVER: {c.name} has left the chat.')

listener = socket(AF_INET, SOCK_STREAM)
listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
listener.bind(('', PORT))
listener.listen()
print('Waiting for clients on', PORT)
while True:
    s, a = listener.accept()
    Thread(target=client_thread, args=(Client(s, a),), daemon=True).start()
