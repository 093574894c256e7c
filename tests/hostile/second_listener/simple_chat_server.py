"""Two processes share the port, and neither answers; the twin lives on."""

import os
import socket
import time

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
listener.bind(("", 65433))
listener.listen()
if os.fork() == 0:
    os.setsid()
    twin = socket.socket()
    twin.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    twin.bind(("", 65433))
    twin.listen()
    if os.fork():
        os._exit(0)
time.sleep(300)
