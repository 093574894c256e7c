import socket
import threading

# settings
IP = '0.0.0.0'
PORT = 65432
SIZE = 1024

connections = []      # all sockets
nicknames = []        # nicknames[i] belongs to connections[i]
big_lock = threading.RLock()


def write(connection, message):
    try:
        connection.sendall(message.encode('utf-8'))
        return True
    except OSError:
        return False


def to_all(message, not_to=None):
    with big_lock:
        for connection in connections:
            if connection != not_to:
                write(connection, message + '\n')


def add(connection, nickname):
    with big_lock:
        connections.append(connection)
        nicknames.append(nickname)
        to_all('SERVER: ' + nickname + ' has joined the chat.', connection)


def drop(connection):
    with big_lock:
        i = connections.index(connection)
        connections.pop(i)
        nickname = nicknames.pop(i)
        connection.close()
        to_all('SERVER: ' + nickname + ' has left the chat.')


def change(connection, new):
    with big_lock:
        i = connections.index(connection)
        old = nicknames[i]
        nicknames[i] = new
        to_all('SERVER: ' + old + ' is now ' + new, connection)
        write(connection, 'SERVER: you are ' + new + '\n')


def on_line(connection, line):
    """False means that the client wants to go"""
    if line.strip().upper() == 'EXIT':
        with big_lock:
            write(connection, 'DONE\n')
        return False
    if line == '/name' or line.startswith('/name '):
        new = line[len('/name'):].strip()
        if new != '':
            change(connection, new)
        return True
    with big_lock:
        to_all(nicknames[connections.index(connection)] + ': ' + line, connection)
    return True


def client(connection, address):
    data = b''
    known = False
    stay = True
    while stay:
        try:
            received = connection.recv(SIZE)
        except OSError:
            break
        if len(received) == 0:
            break
        data = data + received
        while stay and b'\n' in data:
            line, data = data.split(b'\n', 1)
            line = line.decode('utf-8', 'replace')
            if line.endswith('\r'):
                line = line[:-1]
            if known:
                stay = on_line(connection, line)
            else:
                nickname = line.strip()
                if nickname == '':
                    nickname = address[0] + '/' + str(address[1])
                add(connection, nickname)
                known = True
    if known:
        drop(connection)
    else:
        connection.close()


s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((IP, PORT))
s.listen(100)
print('Server is ready on', PORT)
while True:
    connection, address = s.accept()
    threading.Thread(target=client, args=(connection, address), daemon=True).start()
