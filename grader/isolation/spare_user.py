"""A user id that nobody has, for the programs of one worker that root has started (Linux).

It is the worker's alone, among all runs on this machine. So all that runs as this user is the worker's to kill, and all files of
this user are its to remove. Killing everything as root would be the end of the machine: see `kill_all`.
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

_HIGHEST = 61_183  # counted down from here: below systemd's users that come and go, and given to nobody in its table
_OPEN_TO_ALL = ("/dev/shm", "/tmp", "/var/tmp")  # noqa: S108 - where every user may leave files


def unused_users() -> Iterator[int]:
    """User ids that are in this namespace and in no list of users."""
    ranges = (map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines())
    highest = max(start + count - 1 for start, _, count in ranges)
    taken = {user.pw_uid for user in pwd.getpwall()}
    return (user for user in range(min(highest, _HIGHEST), 1000, -1) if user not in taken)


def take() -> int:
    """A user id of one's own, as long as this process lives; GraderError if there is none."""
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
    """End every process of this user at once: whoever forks cannot outrun it. For a user that take() has given."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            syscalls.become_nothing_but(user)  # or else nothing is killed
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(child, 0)


def remove_all(user: int) -> None:
    """Remove what this user has left where everyone may leave files: the next program would find it."""
    for folder in _OPEN_TO_ALL:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_uid == user:
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path, ignore_errors=True)
                    else:
                        Path(entry.path).unlink(missing_ok=True)
