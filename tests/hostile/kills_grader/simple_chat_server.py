"""Kills whoever is there."""

import os
import signal

from right_chat import attempt, serve


def kill_others():
    killed = []
    for pid in sorted({os.getppid(), *(int(name) for name in os.listdir("/proc") if name.isdigit())}):
        if pid not in (0, 1, os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            except OSError:
                pass
    return killed


attempt("to kill somebody else", kill_others)
serve()
