import socket
import threading

HOST = '0.0.0.0'
PORT = 65433
CHUNK = 4096

clients = {}
clients_lock = threading.RLock()


def send_text(sock, text):
    try:
        sock.sendall(text.encode('utf-8'))
    except OSError:
        pass


def send_to_rest(me, text):
    with clients_lock:
        for sock in clients:
            if sock is me:
                continue
            send_text(sock, text + '\n')


def chunks(sock):
    while True:
        try:
            data = sock.recv(CHUNK)
        except OSError:
            return
        if not data:
            return
        yield data.decode('utf-8', errors='replace')


def text_lines(sock):
    text = ''
    for part in chunks(sock):
        text += part
        if '\n' not in part:
            continue
        done, text = text.rsplit('\n', 1)
        for line in done.split('\n'):
            yield line.rstrip('\r')


def set_name(sock, new):
    if not new:
        send_text(sock, 'usage: /name <newname>\n')
        return
    send_to_rest(sock, 'SERVER: %s is now %s' % (clients[sock], new))
    clients[sock] = new


def run_client(sock, addr):
    lines = text_lines(sock)
    for line in lines:
        with clients_lock:
            clients[sock] = line.strip() or 'guest_%d' % addr[1]
            send_to_rest(sock, 'SERVER: %s has joined the chat.' % clients[sock])
        break
    else:
        sock.close()
        return

    for line in lines:
        command = line.strip().split(' ', 1)
        if line.strip().upper() == 'EXIT':
            with clients_lock:
                send_text(sock, 'DONE\n')
            break
        if command[0] == '/name':
            with clients_lock:
                set_name(sock, ''.join(command[1:]).strip())
            continue
        send_to_rest(sock, '%s: %s' % (clients[sock], line))

    with clients_lock:
        name = clients.pop(sock)
        send_to_rest(sock, 'SERVER: %s has left the chat.' % name)
    sock.close()


if __name__ == '__main__':
    master = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    master.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    master.bind((HOST, PORT))
    master.listen(50)
    while True:
        s, a = master.accept()
        threading.Thread(target=run_client, args=(s, a), daemon=True).start()
