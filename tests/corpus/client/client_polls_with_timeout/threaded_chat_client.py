import socket
import threading

HOST = '192.168.1.5'  # teacher's laptop
PORT = 65433
BUFSIZE = 1024


def read_messages(client, stop):
    client.settimeout(0.1)
    buf = b''
    while not stop.is_set():
        try:
            piece = client.recv(BUFSIZE)
        except socket.timeout:
            continue
        except OSError:
            break
        if not piece:
            if not stop.is_set():
                print('\nServer closed the connection.')
            stop.set()
            break
        buf += piece
        while b'\n' in buf:
            pos = buf.find(b'\n')
            print('\n' + buf[:pos].decode('utf-8', 'replace').rstrip() + '\n> ', end='', flush=True)
            buf = buf[pos + 1:]


def start():
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect((HOST, PORT))
    stop = threading.Event()

    username = input('Enter your username: ')
    client.sendall(f'{username}\n'.encode())

    reader = threading.Thread(target=read_messages, args=(client, stop))
    reader.start()

    print('Type exit to quit.')
    try:
        while not stop.is_set():
            message = input('> ')
            if message.strip().lower() == 'exit':
                break
            client.sendall(f'{message}\n'.encode())
    except (EOFError, KeyboardInterrupt, OSError):
        print()
    stop.set()
    reader.join()
    client.close()


if __name__ == '__main__':
    start()
