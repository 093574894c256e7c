"""Fills every folder it may write to, and clears up."""

import os
import tempfile
import time

from right_chat import attempt, serve

MOST_BYTES, MOST_FILES, SECONDS = 256 << 20, 60_000, 10
PLACES = [".", os.environ.get("HOME", "/"), tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/", "/etc", "/dev/mqueue"]


def places():
    for place in PLACES:
        try:
            yield tempfile.mkdtemp(dir=place)
        except OSError:
            pass


def in_each(action):
    reached = []
    for folder in places():
        end = time.monotonic() + SECONDS
        try:
            if action(folder, end):
                reached.append(folder)
        except OSError as problem:
            print(folder, problem, flush=True)
        finally:
            for name in os.listdir(folder):
                os.unlink(os.path.join(folder, name))
            os.rmdir(folder)
    return reached


def fill_with_bytes(folder, end):
    data = b"x" * (4 << 20)
    for number in range(MOST_BYTES // len(data)):
        with open(f"{folder}/{number}", "wb", 0) as file:
            if file.write(data) < len(data) or time.monotonic() > end:
                return False
    return True


def fill_with_files(folder, end):
    for number in range(MOST_FILES):
        os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
        if time.monotonic() > end:
            return False
    return True


def one_large_file(folder, end):
    with open(f"{folder}/large", "wb", 0) as file:
        file.truncate(1 << 30)
        return True


attempt("bytes", in_each, fill_with_bytes)
attempt("files", in_each, fill_with_files)
attempt("one large file", in_each, one_large_file)
serve()
