"""Heads that grow again, 100 at most and for 20 seconds at most."""

import mmap
import os
import struct
import time

from right_chat import serve

counter = mmap.mmap(-1, 8)
END = time.monotonic() + 20


def started():
    number = struct.unpack("q", counter[:8])[0] + 1
    counter[:8] = struct.pack("q", number)
    return number


def head():
    os.setsid()
    watched = os.getppid()
    while time.monotonic() < END:
        if os.getppid() != watched:  # somebody was killed: two new heads
            watched = os.getppid()
            for _ in range(2):
                if started() < 100 and os.fork() == 0:
                    watched = os.getppid()
        time.sleep(0.001)
    os._exit(0)


if os.fork() == 0:
    for _ in range(9):
        started()
        if os.fork() == 0:
            break
    head()
serve()
