import socket
import threading

HOST = '127.0.0.1'
PORT = 65433


def listen(sock):
    pending = b''
    while True:
        try:
            data = sock.recv(2048)
        except OSError:
            data = b''
        if not data:
            print('*** server is gone')
            return
        pending += data
        while b'\n' in pending:
            line, pending = pending.split(b'\n', 1)
            print(line.decode('utf-8', 'replace'))


def main():
    nickname = input('Nickname: ')
    sock = socket.create_connection((HOST, PORT))
    sock.sendall((nickname + '\n').encode('utf-8'))
    threading.Thread(target=listen, args=(sock,), daemon=True).start()
    while True:
        try:
            message = input()
        except EOFError:
            break
        try:
            sock.sendall(message.encode('utf-8'))
        except OSError:
            print('*** could not send')
            break
        if message.strip().upper() == 'EXIT':
            break
    sock.close()


main()
