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
for kind, name in (("a link", "grades.txt"), ("a hard link", "hard.txt")):  # whether the results change is seen outside
    print("TRIES write by", kind, flush=True)
    try:
        append(name)
    except OSError as problem:
        print(problem)
serve()
