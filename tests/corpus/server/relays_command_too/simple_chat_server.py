from socket import *
from threading import Thread, RLock

members = {}        # socket -> nickname
lock = RLock()


def say(skip, msg):
    with lock:
        for m in members:
            if m is skip:
                continue
            try:
                m.sendall(msg.encode('utf8') + b'\n')
            except OSError:
                pass


def clean(raw):
    text = raw.decode('utf8', 'replace')
    if text.endswith('\n'):
        text = text[:-1]
    if text.endswith('\r'):
        text = text[:-1]
    return text


def talk(sock, who):
    f = sock.makefile('rb')
    try:
        first = f.readline()
        if first[-1:] != b'\n':
            return
        nick = clean(first).strip()
        if nick == '':
            nick = '%s:%d' % who
        with lock:
            members[sock] = nick
            say(sock, 'SERVER: {} has joined the chat.'.format(nick))
        while True:
            raw = f.readline()
            if raw[-1:] != b'\n':
                break
            line = clean(raw)
            if line.strip().upper() == 'EXIT':
                with lock:
                    sock.sendall(b'DONE\n')
                break
            if line == '/name' or line.startswith('/name '):
                new = line[5:].strip()
                if not new:
                    continue
                with lock:
                    say(sock, 'SERVER: {} is now {}'.format(members[sock], new))
                    members[sock] = new
            say(sock, members[sock] + ': ' + line)
    except OSError as e:
        print('lost', who, e)
    finally:
        with lock:
            gone = members.pop(sock, None)
            if gone is not None:
                say(None, 'SERVER: {} has left the chat.'.format(gone))
        try:
            f.close()
            sock.shutdown(SHUT_RDWR)
        except OSError:
            pass
        sock.close()


def main():
    s = socket(AF_INET, SOCK_STREAM)
    s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
    s.bind(('0.0.0.0', 65433))
    s.listen(100)
    while True:
        c, who = s.accept()
        print('hello', who)
        Thread(target=talk, args=(c, who), daemon=True).start()


main()
