"""Attacks the first process of its cage."""

import os
import signal
import time

from right_chat import attempt, serve


def stop_the_first():
    for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGKILL, signal.SIGTERM, signal.SIGABRT):
        try:
            os.kill(1, number)
        except OSError as problem:
            print(problem)
    time.sleep(0.01)
    with open("/proc/1/stat") as file:
        return file.read().rpartition(")")[2].split()[0] in "Tt"


attempt("to stop process 1", stop_the_first)
serve()
