"""Leaves a daemon with a listener."""

import os
import signal
import socket
import time

from right_chat import serve

if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        try:
            signal.signal(number, signal.SIG_IGN)
        except OSError:
            pass
    listener = socket.create_server(("", 65434))
    time.sleep(300)
    os._exit(0)
serve()
