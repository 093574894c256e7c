# chat server - I use makefile() so python does the buffering for me
import socket
import threading

people = {}
lock = threading.Lock()

def put(sock, msg):
    try:
        sock.sendall((msg + '\n').encode('utf-8'))
    except OSError:
        pass    # he is gone, his thread cleans up

def everybody(msg, notme=None):
    with lock:
        for sock in people:
            if sock is not notme:
                put(sock, msg)

def client_thread(sock, addr):
    # newline='\n' is important, otherwise \r counts as a line end too
    f = sock.makefile('r', encoding='utf-8', errors='replace', newline='\n')
    joined = False
    try:
        for line in f:
            if not line.endswith('\n'):
                break   # connection ended inside a line
            line = line[:-1]
            if line.endswith('\r'):
                line = line[:-1]

            if not joined:
                me = line.strip()
                if me == '':
                    me = 'nobody' + str(addr[1])
                with lock:
                    people[sock] = me
                joined = True
                everybody('SERVER: ' + me + ' has joined the chat.', sock)
                continue

            if line.strip().upper() == 'EXIT':
                with lock:
                    put(sock, 'DONE')
                break

            if line.startswith('/name ') or line == '/name':
                newname = line[5:].strip()
                if newname != '':
                    with lock:
                        oldname = people[sock]
                        people[sock] = newname
                    everybody('SERVER: ' + oldname + ' is now ' + newname, sock)
            else:
                everybody(people[sock] + ': ' + line, sock)
    except OSError as err:
        print('lost', addr, err)

    if joined:
        with lock:
            name = people.pop(sock)
        everybody('SERVER: ' + name + ' has left the chat.')
    with lock:
        try:
            f.close()
        except OSError:
            pass
        sock.close()

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('0.0.0.0', 65433))
s.listen(20)
print('Server runs')
while True:
    conn, addr = s.accept()
    threading.Thread(target=client_thread, args=(conn, addr), daemon=True).start()
