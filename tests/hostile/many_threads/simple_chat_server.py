"""Starts 450 threads: more than one program may have, fewer than the enclosure holds when two of them run at a time."""

import threading

from right_chat import attempt, serve

go = threading.Event()


def start_many():
    threading.stack_size(64 << 10)
    started = []
    try:
        for _ in range(450):
            thread = threading.Thread(target=go.wait, daemon=True)
            thread.start()
            started.append(thread)
        return len(started)
    finally:
        print(f"{len(started)} threads", flush=True)
        go.set()
        for thread in started:  # else there may be none left for the chat's own threads
            thread.join()
        threading.stack_size(0)


attempt("450 threads", start_many)
serve()
