import socket, threading

class Listener(threading.Thread):
    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock = sock
        self.rest = ''

    def run(self):
        while True:
            try:
                data = self.sock.recv(1024)
            except OSError:
                data = b''
            if data == b'':
                print('connection closed by server')
                break
            self.rest += data.decode('utf-8', errors='ignore')
            *lines, self.rest = self.rest.split('\n')
            for line in lines:
                print('>>', line)

sock = socket.socket()
try:
    sock.connect(('127.0.0.1', 65433))
    nick = input('nick: ').strip()
    sock.sendall((nick + '\n').encode('utf-8'))
    Listener(sock).start()
    while True:
        message = input()
        sock.sendall((message + '\n').encode('utf-8'))
        if message.strip().upper() == 'EXIT':
            break
except EOFError:
    pass
except OSError as e:
    print('error:', e)
finally:
    sock.close()
