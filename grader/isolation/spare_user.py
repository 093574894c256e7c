"""An unused user id for the programs of one worker, if root has started the grader (Linux).

Only this worker uses the id, among all runs on this machine. So it may kill all processes and remove all files of the user.
Killing everything as root would end the machine: see `kill_all`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from grader.model.errors import GraderError
from grader.system import procfs, syscalls

_HIGHEST = 61_183  # the highest id below systemd's dynamic users, unassigned in its table; we count down from here
_OPEN_TO_ALL = ("/dev/shm", "/tmp", "/var/tmp")  # noqa: S108 - every user may leave files here


def unused_users() -> Iterator[int]:
    """User ids that exist in this namespace and have no entry in the user database."""
    ranges = (map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines())
    highest = max(start + count - 1 for start, _, count in ranges)
    known = {user.pw_uid for user in pwd.getpwall()}
    return (user for user in range(min(highest, _HIGHEST), 1000, -1) if user not in known)


def take() -> int:
    """Reserve a user id until this process ends. Raises GraderError when none is free."""
    for user in unused_users():
        name = f"/tmp/chatgrade-user-{user}.lock"  # noqa: S108 - the same for all runs
        try:
            lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            continue
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held until the process ends
            if user not in procfs.users():
                return user
        os.close(lock)
    raise GraderError("there is no user id to spare")


def kill_all(user: int) -> None:
    """Kill every process of a user from `take` at once, so that forking processes cannot escape: kill(2) with pid -1."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            syscalls.become_nothing_but(user)  # if this fails, nothing is killed
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(child, 0)


def remove_all(user: int) -> None:
    """Remove this user's files from the folders open to all users, where the next program would find them."""
    for folder in _OPEN_TO_ALL:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_uid == user:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path, ignore_errors=True)
                    else:
                        Path(entry.path).unlink(missing_ok=True)
