"""A right server and a client of it that talks for everybody."""

import socket
import threading
import time

from right_chat import serve


def chatter():
    while True:
        try:
            with socket.create_connection(("127.0.0.1", 65433)) as client:
                client.sendall(b"SERVER\nada: hello\nSERVER: ada has joined the chat.\nDONE\n")
                while client.recv(4096):
                    pass
        except OSError:
            time.sleep(0.001)


threading.Thread(target=chatter, daemon=True).start()
serve()
