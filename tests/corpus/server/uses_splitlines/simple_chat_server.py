import queue
import socket
import threading

PORT = 65433
mailboxes = {}                     # nickname holder -> queue
mail_lock = threading.Lock()


class User:
    def __init__(self, nick):
        self.nick = nick


def deliver(sock, mailbox):
    while True:
        letter = mailbox.get()
        if letter is None:
            break
        try:
            sock.sendall(letter)
        except OSError:
            break


def mail(text, sender=None):
    letter = f"{text}\n".encode("utf-8")
    for user, mailbox in mailboxes.items():
        if user is not sender:
            mailbox.put(letter)


def receive(sock):
    """Yields the lines of a client."""
    parts = []
    while True:
        try:
            data = sock.recv(8192)
        except OSError:
            return
        if not data:
            return
        end = data.rfind(b"\n")
        if end == -1:
            parts.append(data)
            continue
        parts.append(data[:end])
        text = b"".join(parts).decode("utf-8", "replace")
        parts = [data[end + 1:]]
        if text == "":
            yield ""
        yield from text.splitlines()


def use_command(user, line):
    if line.strip().upper() == "EXIT":
        return "exit"
    word, _, argument = line.strip().partition(" ")
    if word == "/name":
        if argument.strip():
            mail(f"SERVER: {user.nick} is now {argument.strip()}", user)
            user.nick = argument.strip()
        return "ok"
    return None


def serve(sock, addr):
    lines = receive(sock)
    nick = next(lines, None)
    if nick is None:
        sock.close()
        return
    user = User(nick.strip() or f"{addr[0]}:{addr[1]}")
    mailbox = queue.Queue()
    postman = threading.Thread(target=deliver, args=(sock, mailbox), daemon=True)
    postman.start()
    with mail_lock:
        mailboxes[user] = mailbox
        mail(f"SERVER: {user.nick} has joined the chat.", user)
    last = None
    for line in lines:
        with mail_lock:
            last = use_command(user, line)
            if last is None:
                mail(f"{user.nick}: {line}", user)
        if last == "exit":
            break
    with mail_lock:
        del mailboxes[user]
        mail(f"SERVER: {user.nick} has left the chat.")
    if last == "exit":
        mailbox.put(b"DONE\n")
    else:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    mailbox.put(None)
    postman.join(5)
    sock.close()


if __name__ == "__main__":
    with socket.create_server(("0.0.0.0", PORT), backlog=100) as listener:
        while True:
            sock, addr = listener.accept()
            threading.Thread(target=serve, args=(sock, addr), daemon=True).start()
