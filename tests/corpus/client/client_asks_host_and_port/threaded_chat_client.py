import socket
import sys
import threading


def ask(question, default):
    answer = input('%s [%s]: ' % (question, default)).strip()
    return answer or default


def ask_connection():
    while True:
        host = ask('Host name', '127.0.0.1')
        port = ask('Port', '65433')
        try:
            return socket.create_connection((host, int(port)), timeout=5)
        except ValueError:
            print('A port is a number.')
        except OSError as err:
            print('That did not work (%s), try again.' % err)


def listen(sock):
    left_over = b''
    try:
        while True:
            block = sock.recv(1024)
            if not block:
                print('The server has disconnected.')
                return
            left_over += block
            lines = left_over.split(b'\n')
            left_over = lines[-1]
            for line in lines[:-1]:
                print(line.decode('utf-8', 'replace').rstrip('\r'))
    except OSError:
        pass


def main():
    sock = ask_connection()
    sock.settimeout(None)
    nick = ask('Nickname', 'anonymous')
    sock.sendall(nick.encode() + b'\n')
    thread = threading.Thread(target=listen, args=(sock,), daemon=True)
    thread.start()
    while thread.is_alive():
        line = sys.stdin.readline()
        if not line or line.strip().upper() == 'EXIT':
            break
        try:
            sock.sendall(line.rstrip('\r\n').encode() + b'\n')
        except OSError:
            break
    sock.close()


if __name__ == '__main__':
    try:
        main()
    except (EOFError, KeyboardInterrupt):
        print('stopped')
