import socket
import threading
import time

HOST = '127.0.0.1'
PORT = 65433

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.connect((HOST, PORT))
stop = threading.Event()


def listener():
    buffer = bytearray()
    while True:
        try:
            data = sock.recv(1024)
        except OSError:
            break
        if not data:
            break
        buffer.extend(data)
        while b'\n' in buffer:
            end = buffer.index(b'\n')
            print(buffer[:end].decode('utf-8', errors='replace').rstrip('\r'), flush=True)
            del buffer[:end + 1]
    if not stop.is_set():
        print('*** the server is gone, press Enter', flush=True)
        stop.set()


def clock():
    while not stop.wait(2):
        print(time.strftime('*** it is %H:%M:%S'), flush=True)


nickname = input('Choose a nickname: ')
sock.sendall(nickname.encode('utf-8') + b'\n')
threading.Thread(target=listener, daemon=True).start()
threading.Thread(target=clock, daemon=True).start()
while not stop.is_set():
    try:
        text = input()
    except EOFError:
        text = 'EXIT'
    if stop.is_set():
        break
    sock.sendall(text.encode('utf-8') + b'\n')
    if text.strip().upper() == 'EXIT':
        stop.set()
sock.close()
