"""Reads what is not its own."""

import os

import targets
from right_chat import attempt, serve


def read(path):
    with open(path) as file:
        return file.read(10)


def around_the_corner():
    """Another process's root or working folder may be a way out."""
    for pid in os.listdir("/proc"):
        for way in ("root", "cwd"):
            path = f"/proc/{pid}/{way}{targets.SECRET_FILE}" if way == "root" else f"/proc/{pid}/cwd/home/secret.py"
            if pid.isdigit() and os.path.exists(path):
                return path


attempt("a secret", read, targets.SECRET_FILE)
attempt("results", read, targets.RESULTS)
attempt("another submission", read, targets.NEIGHBOUR)
attempt("the list of the class", os.listdir, targets.WORLD + "/class")
attempt("the grader's scratch folder", os.listdir, targets.SCRATCH)
attempt("a user's home by way of /proc", around_the_corner)
serve()
