"""Speaks to the teacher directly."""

import glob
import os

import targets
from right_chat import attempt, serve


def write(*paths):
    reached = []
    for path in paths:
        try:
            terminal = os.open(path, os.O_RDWR | os.O_NOCTTY)
            os.write(terminal, b"\x1b]0;" + targets.MARK.encode() + b"\x07")
            reached.append(path)
        except OSError as problem:
            print(problem)
    return reached


attempt("the terminal", write, targets.TERMINAL)
attempt("/dev/tty", write, "/dev/tty", "/dev/console")
attempt("any terminal", write, *glob.glob("/dev/pts/[0-9]*"))
serve()
