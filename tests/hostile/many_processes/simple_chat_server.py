"""Starts 200 processes, for 10 seconds at most."""

import os
import time

from right_chat import attempt, serve

MOST = 200


def fork_many():
    children = []
    try:
        for _ in range(MOST):
            pid = os.fork()
            if pid == 0:
                time.sleep(10)
                os._exit(0)
            children.append(pid)
        return len(children)
    finally:
        print(f"{len(children)} processes", flush=True)
        for pid in children:
            os.kill(pid, 9)
        for pid in children:
            os.waitpid(pid, 0)


attempt("200 processes", fork_many)
serve()
