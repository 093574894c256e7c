"""Starts 450 threads: more than one program may have, fewer than the enclosure holds when two of them run at a time."""

import threading

from right_chat import attempt, serve

MOST = 450

go = threading.Event()


def start_many():
    threading.stack_size(64 << 10)
    started = 0
    try:
        for _ in range(MOST):
            threading.Thread(target=go.wait, daemon=True).start()
            started += 1
        return started
    finally:
        print(f"{started} threads", flush=True)
        go.set()
        threading.stack_size(0)


attempt("450 threads", start_many)
serve()
