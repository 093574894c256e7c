"""Starts 600 processes, small ones, for 10 seconds at most."""

import os

from right_chat import attempt, serve

MOST = 600


def start_many():
    children = []
    try:
        for _ in range(MOST):
            children.append(os.posix_spawnp("sleep", ["sleep", "10"], os.environ))
        return len(children)
    finally:
        print(f"{len(children)} processes", flush=True)
        for pid in children:
            os.kill(pid, 9)
        for pid in children:
            os.waitpid(pid, 0)


attempt("600 processes", start_many)
serve()
