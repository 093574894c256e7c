"""Prints without an end, 64 MB at first."""

import os
import threading
import time

from right_chat import serve


def go_on():
    while True:
        os.write(1, b"still here " * 90 + b"\n")
        time.sleep(0.01)


for _ in range(1024):
    os.write(1, (b"x" * 99 + b"\n") * 655)
threading.Thread(target=go_on, daemon=True).start()
serve()
