"""Looks around in /proc."""

import os

import targets
from right_chat import attempt, serve


def everywhere(file, wanted):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/{file}", "rb") as stream:
                if int(pid) != os.getpid() and wanted.encode() in stream.read():
                    return f"{file} of {pid}"
        except OSError:
            pass


def memory():
    """The stack, where the environment lies."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
                stack = next(line for line in maps if "[stack]" in line).split()[0]
                start, end = (int(part, 16) for part in stack.split("-"))
                memory.seek(start)
                if int(pid) != os.getpid() and targets.TOKEN.encode() in memory.read(end - start):
                    return pid
        except (OSError, StopIteration):
            pass


def strangers():
    """Processes that are neither ours nor part of the cage: `sleep` is somebody's work on this machine."""
    return everywhere("cmdline", "sleep\0" + "1000")


attempt("a token in an environment", everywhere, "environ", targets.TOKEN)
attempt("a path in a command line", everywhere, "cmdline", targets.WORLD)
attempt("processes of others", strangers)
attempt("a token in the memory of others", memory)
serve()
