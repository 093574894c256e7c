import socket
import threading

PORT = 65433

people = {}
lock = threading.Lock()


def shout(text, quiet=None):
    """Send text to all people, except quiet. Call it with the lock held."""
    raw = text.encode('utf-8') + b'\n'
    for sock in people:
        if sock is quiet:
            continue
        try:
            sock.sendall(raw)
        except OSError:
            pass  # gone, its thread cleans up


def welcome(sock, nick):
    with lock:
        people[sock] = nick
        shout('SERVER: {} has joined the chat.'.format(nick))


def goodbye(sock):
    with lock:
        nick = people.pop(sock)
        shout('SERVER: {} has left the chat.'.format(nick))


def rename(sock, nick):
    with lock:
        shout('SERVER: {} is now {}'.format(people[sock], nick))
        people[sock] = nick


def message(sock, text):
    with lock:
        shout('{}: {}'.format(people[sock], text), quiet=sock)


def loop(sock, addr):
    stream = sock.makefile('rb')
    in_chat = False
    try:
        while True:
            raw = stream.readline()
            if not raw.endswith(b'\n'):
                break
            text = raw[:-1].decode('utf-8', 'replace').rstrip('\r')
            if not in_chat:
                welcome(sock, text.strip() or 'anonymous{}'.format(addr[1]))
                in_chat = True
            elif text.strip().upper() == 'EXIT':
                with lock:
                    sock.sendall(b'DONE\n')
                break
            elif text.split(' ')[0] == '/name':
                if text[5:].strip():
                    rename(sock, text[5:].strip())
            else:
                message(sock, text)
    except OSError as e:
        print('lost', addr, e)
    if in_chat:
        goodbye(sock)
    try:
        stream.close()
    finally:
        sock.close()


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', PORT))
    server.listen()
    print('up')
    while True:
        sock, addr = server.accept()
        worker = threading.Thread(target=loop, args=[sock, addr])
        worker.daemon = True
        worker.start()


if __name__ == '__main__':
    main()
