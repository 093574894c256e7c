import queue
import socket
import threading
import time

MAX_CLIENTS = 40     # more threads than this would be too much for my laptop

client_count = 0
outboxes = {}        # socket -> queue of lines
names = {}           # socket -> nickname
state = threading.Lock()


def put_all(text, me):
    with state:
        for sock, box in outboxes.items():
            if sock is not me:
                box.put(text)


def sender(sock, box):
    text = box.get()
    while text is not None:
        try:
            sock.sendall((text + "\n").encode("utf-8"))
        except OSError:
            break
        text = box.get()


def commands(sock, text):
    """Handles one line after the nickname, returns True for EXIT."""
    if text.strip().upper() == "EXIT":
        outboxes[sock].put("DONE")
        return True
    if text == "/name" or text.startswith("/name "):
        wish = text[5:].strip()
        if wish:
            put_all("SERVER: %s is now %s" % (names[sock], wish), sock)
            names[sock] = wish
    else:
        put_all("%s: %s" % (names[sock], text), sock)
    return False


def receiver(sock, addr):
    box = queue.Queue()
    out = threading.Thread(target=sender, args=(sock, box), daemon=True)
    reader = sock.makefile("rb")
    try:
        for raw in reader:
            if raw[-1:] != b"\n":
                break
            text = raw[:-1].rstrip(b"\r").decode("utf-8", "replace")
            if sock not in names:
                names[sock] = text.strip() or "someone at %s:%s" % addr
                with state:
                    outboxes[sock] = box
                out.start()
                put_all("SERVER: %s has joined the chat." % names[sock], sock)
            elif commands(sock, text):
                break
    except OSError:
        pass
    if sock in names:
        with state:
            del outboxes[sock]
        put_all("SERVER: %s has left the chat." % names.pop(sock), sock)
        box.put(None)
        out.join()
    reader.close()
    sock.close()


def accept_clients(listener):
    global client_count
    while True:
        if client_count >= MAX_CLIENTS:
            time.sleep(0.5)      # full, wait until someone leaves
            continue
        sock, addr = listener.accept()
        client_count += 1
        print("client", client_count, "from", addr)
        threading.Thread(target=receiver, args=(sock, addr), daemon=True).start()


if __name__ == "__main__":
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", 65433))
    listener.listen(MAX_CLIENTS)
    accept_clients(listener)
