"""Starts 1,000 threads."""

import threading

from right_chat import attempt, serve

go = threading.Event()


def start_many():
    threading.stack_size(64 << 10)
    started = 0
    try:
        for _ in range(1_000):
            threading.Thread(target=go.wait, daemon=True).start()
            started += 1
        return started
    finally:
        print(f"{started} threads", flush=True)
        go.set()
        threading.stack_size(0)


attempt("1,000 threads", start_many)
serve()
