import codecs, socket, threading

host = '127.0.0.1'
port = 65433

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
open_for_chat = True


def on_message(msg):
    print('* ' + msg)


def recv_thread():
    global open_for_chat
    # keeps the first bytes of a character until the others are there
    decoder = codecs.getincrementaldecoder('utf8')(errors='replace')
    text = ''
    while open_for_chat:
        try:
            data = s.recv(100)
        except OSError:
            break
        if len(data) == 0:
            break
        text += decoder.decode(data)
        while '\n' in text:
            i = text.index('\n')
            on_message(text[:i].replace('\r', ''))
            text = text[i + 1:]
    if open_for_chat:
        print('server closed, good bye (press return)')
        open_for_chat = False


def send(msg):
    data = msg.encode('utf8') + b'\n'
    while data:
        n = s.send(data)
        data = data[n:]


try:
    s.connect((host, port))
    print('connected to %s:%d' % (host, port))
    send(input('login: '))
    th = threading.Thread(target=recv_thread)
    th.start()
    while open_for_chat:
        m = input('')
        if not open_for_chat:
            break
        if m.strip().upper() == 'EXIT':
            open_for_chat = False
        send(m)
except (EOFError, KeyboardInterrupt):
    pass
except OSError as e:
    print('network trouble:', e)
finally:
    open_for_chat = False
    try:
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    s.close()
