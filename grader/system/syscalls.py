"""System calls of Linux that Python has no function for. Each raises OSError."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import resource
from typing import Any

NEW_MOUNTS, NEW_USERS, NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000

_SET_PARENT_DEATH_SIGNAL, _GET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_KEEP_CAPABILITIES = 1, 2, 4, 8
_SET_CHILD_SUBREAPER, _SET_NO_NEW_PRIVILEGES = 36, 38
_CAPABILITY_VERSION_3 = 0x20080522
_NO_SUID, _NO_DEVICES, _BIND, _RECURSIVE, _SLAVE, _DETACH = 2, 4, 4096, 16384, 1 << 19, 2


def unshare(kinds: int) -> None:
    """Enter new namespaces, of these kinds: see namespaces(7)."""
    _must(_libc().unshare(kinds))


def enter_network(descriptor: int) -> None:
    """Enter the network namespace that a descriptor stands for: setns(2)."""
    _must(_libc().setns(descriptor, NEW_NETWORK))


def become_subreaper() -> None:
    """Whoever a descendant leaves behind becomes our child, not init's."""
    _must(_libc().prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def set_parent_death_signal(number: int) -> None:
    """Be sent this signal when the parent dies. Forgotten whenever capabilities or ids change."""
    _must(_libc().prctl(_SET_PARENT_DEATH_SIGNAL, number, 0, 0, 0))


def become(user: int) -> None:
    """Stop being root for good: take this user and group, but keep the capabilities, which no program that is run gets."""
    libc = _libc()
    _must(libc.prctl(_SET_KEEP_CAPABILITIES, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _use_all_capabilities()
    stay_readable()


def become_nothing_but(user: int) -> None:
    """Stop being root for good: take this user and group, and keep no capability."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _must(_libc().capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()))
    if user == 0 or os.getresuid() != (user, user, user):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def act_as(user: int) -> None:
    """As root, touch files and look at processes as this user and group does: setfsuid(2). All else stays root's.

    To those who send signals or look at processes, this one is root's, too.
    """
    libc, death_signal = _libc(), ctypes.c_int()
    _must(libc.prctl(_GET_PARENT_DEATH_SIGNAL, ctypes.byref(death_signal), 0, 0, 0))
    libc.setfsgid(user)
    libc.setfsuid(user)
    if libc.setfsuid(-1) != user:  # it tells in no other way
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    _use_all_capabilities()
    set_parent_death_signal(death_signal.value)


def gain_nothing() -> None:
    """No program that is run from now on gets more rights by it, such as root's by sudo."""
    _must(_libc().prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def _use_all_capabilities() -> None:
    """Let those that are permitted be effective."""
    libc = _libc()
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _must(libc.capget(header, sets))
    sets[0], sets[3] = sets[1], sets[4]  # effective = permitted, two words of each
    _must(libc.capset(header, sets))


def stay_readable() -> None:
    """After a change of user: let /proc/self be one's own again, not root's."""
    _must(_libc().prctl(_SET_DUMPABLE, 1, 0, 0, 0))


def keep_mounts_to_oneself() -> None:
    """What is mounted from now on in this mount namespace is seen in it alone."""
    _must(_libc().mount(b"none", b"/", None, _RECURSIVE | _SLAVE, None))


def mount_memory(place: str, options: str) -> None:
    """Mount an empty file system in memory: tmpfs(5)."""
    _must(_libc().mount(b"tmpfs", os.fsencode(place), b"tmpfs", _NO_SUID | _NO_DEVICES, options.encode()))


def mount_again(source: str, place: str) -> None:
    """Show a file or folder at a second place: a bind mount."""
    _must(_libc().mount(os.fsencode(source), os.fsencode(place), None, _BIND | _RECURSIVE, None))


def unmount(place: str) -> None:
    """Take away what is mounted there, however busy it is."""
    _must(_libc().umount2(os.fsencode(place), _DETACH))


def call(number: int, *arguments: Any) -> int:  # noqa: ANN401 - as ctypes takes them
    """A system call that the library has no function for: syscall(2)."""
    whole = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    result = int(_libc().syscall(number, *whole))
    if result < 0:
        _must(result)
    return result


def within_hard_limit(kind: int, soft: int, hard: int | None = None) -> tuple[int, int]:
    """A soft and a hard limit (the same if only one is given), neither over the one that this machine sets: getrlimit(2)."""
    most = resource.getrlimit(kind)[1]
    unlimited = most == resource.RLIM_INFINITY
    return (soft, hard or soft) if unlimited else (min(soft, most), min(hard or soft, most))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _must(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
