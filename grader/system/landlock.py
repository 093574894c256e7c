"""Landlock: a process gives up the use of all files but the named ones, for itself and its descendants (Linux, landlock(7)).

It needs no privilege, and adds to the usual permissions of files. A restricted process also cannot trace processes outside
its own restrictions. The network is not restricted here.
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

# ABI versions. Version 1 is not used: it would keep an honest program from moving a file to another folder.
_FIRST, _TRUNCATES, _SCOPED = 2, 3, 6


class _Handled(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


@functools.cache
def version() -> int:
    """The kernel's Landlock ABI version; 0 if there is none, or too old a one."""
    if platform.machine() not in ("x86_64", "aarch64"):
        return 0
    try:
        kernels = syscalls.call(_CREATE, None, 0, _VERSION)
    except OSError:
        return 0
    return kernels if kernels >= _FIRST else 0


def keeps_lengths() -> bool:
    """Whether a restricted process is also kept from truncating files (ABI 3)."""
    return version() >= _TRUNCATES


def keeps_signals() -> bool:
    """Whether a restricted process cannot signal outside processes or reach their abstract sockets (ABI 6)."""
    return version() >= _SCOPED


def restrict(grants: Iterable[tuple[str, int]]) -> None:
    """Give up all files but these files and folders, each with rights LOOK, USE or OWN. Missing ones are ignored.

    Raises OSError when the kernel refuses.
    """
    handled = OWN if keeps_lengths() else OWN & ~_TRUNCATE
    ruleset = _Handled(handled, 0, _SCOPES if keeps_signals() else 0)
    rules = syscalls.call(_CREATE, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
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
    syscalls.set_no_new_privileges()
    syscalls.call(_RESTRICT, rules, 0)
    os.close(rules)
