"""Many take a little, for 2 seconds."""

import os
import time

from right_chat import attempt, serve


def take_together():
    read, write = os.pipe()
    children = []
    for _ in range(16):
        pid = os.fork()
        if pid == 0:
            taken = bytearray(b"x") * (128 << 20)
            os.write(write, b"x")
            time.sleep(2)
            os._exit(len(taken) & 0)
        children.append(pid)
    statuses = [os.waitpid(pid, 0)[1] for pid in children]
    print(f"{statuses.count(0)} of 16 lived", flush=True)
    return not any(statuses)


attempt("2 GB together", take_together)
serve()
