"""Follows links that were handed in with it."""

import targets
from right_chat import attempt, serve


def read(path):
    with open(path) as file:
        return file.read(10)


def append(path):
    with open(path, "a") as file:
        return file.write(targets.MARK)


attempt("read by a link", read, "notes.txt")
attempt("read by a linked folder", read, "folder/secret.py")
attempt("write by a link", append, "grades.txt")
append_to_own_copy_is_fine = "the harness looks whether the results changed"
print("TRIES write by a hard link", flush=True)
try:
    append("hard.txt")
except OSError as problem:
    print(problem)
serve()
