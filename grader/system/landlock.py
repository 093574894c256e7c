"""Landlock: a process gives up all files but those that it names, for itself and all that it starts (Linux): landlock(7).

Nobody's permission is needed for that. It holds beside the usual permissions of files, and it also keeps a process from looking
into those that did not give up the same. Nothing is said about the network here.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import stat
from collections.abc import Iterable

from grader.system import syscalls

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, by the same numbers on both kinds of processor
_VERSION, _BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _LIST = 1, 2, 4, 8
_CHANGES = 0x1FF0  # to make and remove files of all kinds in a folder
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
_SCOPES = 3  # abstract sockets and signals

LOOK = _EXECUTE | _READ | _LIST
USE = _READ | _WRITE | _TRUNCATE
OWN = LOOK | USE | _CHANGES | _MOVE

_FIRST, _TRUNCATES, _SCOPED = 2, 3, 6  # version 1 would refuse an honest program to move a file to another folder


class _Handled(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


@functools.cache
def version() -> int:
    """What the kernel's Landlock knows; 0: there is none of use."""
    if platform.machine() not in ("x86_64", "aarch64"):
        return 0
    try:
        found = syscalls.call(_CREATE, None, 0, _VERSION)
    except OSError:
        return 0
    return found if found >= _FIRST else 0


def keeps_lengths() -> bool:
    """Whether files that are given up cannot be cut short either."""
    return version() >= _TRUNCATES


def keeps_signals() -> bool:
    """Whether signals, and abstract sockets, of those who did not give up the same are out of reach, too."""
    return version() >= _SCOPED


def restrict(grants: Iterable[tuple[str, int]]) -> None:
    """Give up all but these files and folders, each with LOOK, USE or OWN; what is not there is left out."""
    handled = OWN if keeps_lengths() else OWN & ~_TRUNCATE
    wanted = _Handled(handled, 0, _SCOPES if keeps_signals() else 0)
    rules = syscalls.call(_CREATE, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    for path, rights in grants:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
                continue
            raise
        granted = rights & handled if stat.S_ISDIR(os.fstat(place).st_mode) else rights & handled & (USE | _EXECUTE)
        syscalls.call(_ADD, rules, _BENEATH, ctypes.byref(_Beneath(granted, place)), 0)
        os.close(place)
    syscalls.gain_nothing()
    syscalls.call(_RESTRICT, rules, 0)
    os.close(rules)
