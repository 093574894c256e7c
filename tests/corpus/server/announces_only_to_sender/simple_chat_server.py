# simple_chat_server.py  -  lab 2
import socket
import threading

names = []      # names[i] belongs to socks[i]
socks = []
mutex = threading.Lock()


def send(sock, text):
    """Send one line to one socket. Call it with mutex held!"""
    try:
        sock.sendall((text + '\n').encode())
    except OSError:
        pass


def send_others(sock, text):
    with mutex:
        for other in socks:
            if other is not sock:
                send(other, text)


def my_name(sock):
    with mutex:
        return names[socks.index(sock)]


def set_name(sock, new):
    with mutex:
        i = socks.index(sock)
        old = names[i]
        names[i] = new
        send(sock, 'SERVER: ' + old + ' is now ' + new)


def forget(sock):
    with mutex:
        i = socks.index(sock)
        del socks[i]
        name = names.pop(i)
    send_others(sock, 'SERVER: ' + name + ' has left the chat.')


class LineReader:
    def __init__(self, sock):
        self.sock = sock
        self.chunks = []     # pieces of a line that has not ended yet
        self.ready = []

    def read(self):
        while not self.ready:
            data = self.sock.recv(4096)
            if not data:
                raise EOFError
            pieces = data.split(b'\n')
            for piece in pieces[:-1]:
                self.chunks.append(piece)
                self.ready.append(b''.join(self.chunks))
                self.chunks = []
            self.chunks.append(pieces[-1])
        line = self.ready.pop(0)
        if line[-1:] == b'\r':
            line = line[:-1]
        return line.decode('utf-8', 'replace')


def client_thread(sock, addr):
    reader = LineReader(sock)
    inside = False
    try:
        name = reader.read().strip()
        if name == '':
            name = 'nobody_' + str(addr[1])
        with mutex:
            socks.append(sock)
            names.append(name)
        inside = True
        send_others(sock, 'SERVER: ' + name + ' has joined the chat.')
        while True:
            line = reader.read()
            stripped = line.strip()
            if stripped.lower() == 'exit':
                with mutex:
                    send(sock, 'DONE')
                break
            elif stripped == '/name':
                print(addr, 'gave no name')
            elif line.startswith('/name '):
                set_name(sock, line[len('/name '):].strip())
            else:
                send_others(sock, my_name(sock) + ': ' + line)
    except (EOFError, OSError):
        pass
    if inside:
        forget(sock)
    sock.close()


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('0.0.0.0', 65433))
server.listen(30)
print('waiting for clients')
while True:
    sock, addr = server.accept()
    t = threading.Thread(target=client_thread, args=(sock, addr))
    t.daemon = True
    t.start()
