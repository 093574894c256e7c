"""Writes to every pipe that another process holds and that can be opened by way of /proc; its own output is one of them."""

import os
import sys

from right_chat import attempt

OWN = {os.readlink(f"/proc/self/fd/{number}") for number in range(3)}


def write_to_others():
    reached = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        for number in range(16):
            path = f"/proc/{pid}/fd/{number}"
            try:
                target = os.readlink(path)
                if target.startswith("pipe:") and target not in OWN:
                    pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                    os.write(pipe, b'0\n{"exit-code": 0, "child-pid": 1}\n')
                    os.close(pipe)
                    reached.append(path)
            except OSError:
                pass
    return reached


attempt("descriptors of others", write_to_others)
sys.exit(7)
