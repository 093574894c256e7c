"""Makes everybody stand still."""

import os
import signal

from right_chat import attempt, serve


def stop_others():
    stopped = []
    for pid in sorted({os.getppid(), *(int(name) for name in os.listdir("/proc") if name.isdigit())}):
        if pid not in (0, 1, os.getpid()):
            try:
                os.kill(pid, signal.SIGSTOP)
                stopped.append(pid)
            except OSError:
                pass
    return stopped


attempt("to stop somebody else", stop_others)
serve()
