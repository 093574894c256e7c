import socket
import threading

PORT = 65433

room = {}                # name -> socket
taken = set()            # no two people with the same name
lock = threading.RLock()


def transmit(sock, text):
    try:
        sock.sendall(text.encode('utf-8') + b'\n')
    except OSError:
        pass


def announce(text, besides=None):
    with lock:
        for name, sock in room.items():
            if name != besides:
                transmit(sock, text)


def reserve(name):
    with lock:
        if name in taken:
            return False
        taken.add(name)
        return True


class LineSocket:
    def __init__(self, sock):
        self.sock = sock
        self.lines = []
        self.part = bytearray()

    def __iter__(self):
        return self

    def __next__(self):
        while not self.lines:
            try:
                data = self.sock.recv(4096)
            except OSError:
                raise StopIteration
            if not data:
                raise StopIteration
            self.part += data
            if b'\n' in data:
                self.lines = self.part.split(b'\n')
                self.part = self.lines.pop()
        line = self.lines.pop(0).decode('utf-8', 'replace')
        return line[:-1] if line.endswith('\r') else line


def ask_name(lines, sock, addr):
    for line in lines:
        name = line.strip()
        if not name:
            name = '%s-%s' % addr
        if reserve(name):
            return name
        with lock:
            transmit(sock, 'This nickname is taken, please send another one.')
    return None


def person(sock, addr):
    lines = LineSocket(sock)
    name = ask_name(lines, sock, addr)
    if name is None:
        sock.close()
        return
    with lock:
        room[name] = sock
        announce('SERVER: %s has joined the chat.' % name, name)
    for line in lines:
        if line.strip().upper() == 'EXIT':
            with lock:
                transmit(sock, 'DONE')
            break
        if line.startswith('/name ') or line == '/name':
            new = line[6:].strip()
            if not new:
                continue
            with lock:
                if not reserve(new):
                    transmit(sock, 'This nickname is taken.')
                    continue
                announce('SERVER: %s is now %s' % (name, new), name)
                room[new] = room.pop(name)
                taken.discard(name)
                name = new
            continue
        announce('%s: %s' % (name, line), name)
    with lock:
        del room[name]
        announce('SERVER: %s has left the chat.' % name)
    sock.close()


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('0.0.0.0', PORT))
s.listen(32)
print('chat open on', PORT)
while True:
    conn, addr = s.accept()
    threading.Thread(target=person, args=(conn, addr), daemon=True).start()
