"""System calls of Linux that Python has no function for. Each raises OSError when it fails."""

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
    """Enter new namespaces of these kinds: namespaces(7)."""
    _must(_libc().unshare(kinds))


def enter_network(descriptor: int) -> None:
    """Enter the network namespace that a descriptor refers to: setns(2)."""
    _must(_libc().setns(descriptor, NEW_NETWORK))


def become_subreaper() -> None:
    """Have orphaned descendants re-parented to us, not to init: PR_SET_CHILD_SUBREAPER, prctl(2)."""
    _must(_libc().prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def set_parent_death_signal(number: int) -> None:
    """Have the kernel send us this signal when our parent dies: PR_SET_PDEATHSIG, prctl(2).

    The setting is lost whenever capabilities or ids change.
    """
    _must(_libc().prctl(_SET_PARENT_DEATH_SIGNAL, number, 0, 0, 0))


def become(user: int) -> None:
    """Change from root to this user and group for good, but keep the capabilities; programs that we run get none."""
    libc = _libc()
    _must(libc.prctl(_SET_KEEP_CAPABILITIES, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _use_all_capabilities()
    stay_readable()


def become_nothing_but(user: int) -> None:
    """Change from root to this user and group for good, without any capability."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    _must(_libc().capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()))
    if user == 0 or os.getresuid() != (user, user, user):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def act_as(user: int) -> None:
    """As root, access files and inspect processes with this user's and group's rights: setfsuid(2).

    Other processes still need root's rights to signal or inspect this one.
    """
    libc, death_signal = _libc(), ctypes.c_int()
    _must(libc.prctl(_GET_PARENT_DEATH_SIGNAL, ctypes.byref(death_signal), 0, 0, 0))
    libc.setfsgid(user)
    libc.setfsuid(user)
    if libc.setfsuid(-1) != user:  # it reports failure in no other way
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
    _use_all_capabilities()
    set_parent_death_signal(death_signal.value)


def set_no_new_privileges() -> None:
    """Keep programs that we run from gaining rights, such as root's by sudo: PR_SET_NO_NEW_PRIVS, prctl(2)."""
    _must(_libc().prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def _use_all_capabilities() -> None:
    """Make all permitted capabilities effective: capset(2)."""
    libc = _libc()
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _must(libc.capget(header, sets))
    sets[0], sets[3] = sets[1], sets[4]  # effective = permitted, two words of each
    _must(libc.capset(header, sets))


def stay_readable() -> None:
    """After a change of user, let /proc/self belong to that user again, not to root: PR_SET_DUMPABLE, prctl(2)."""
    _must(_libc().prctl(_SET_DUMPABLE, 1, 0, 0, 0))


def hide_new_mounts() -> None:
    """Let later mounts be visible in this mount namespace only: MS_SLAVE, mount_namespaces(7)."""
    _must(_libc().mount(b"none", b"/", None, _RECURSIVE | _SLAVE, None))


def mount_memory(place: str, options: str) -> None:
    """Mount an empty file system in memory: tmpfs(5)."""
    _must(_libc().mount(b"tmpfs", os.fsencode(place), b"tmpfs", _NO_SUID | _NO_DEVICES, options.encode()))


def mount_again(source: str, place: str) -> None:
    """Show a file or folder at a second place: a bind mount, mount(2)."""
    _must(_libc().mount(os.fsencode(source), os.fsencode(place), None, _BIND | _RECURSIVE, None))


def unmount(place: str) -> None:
    """Unmount a file system even while it is in use: MNT_DETACH, umount2(2)."""
    _must(_libc().umount2(os.fsencode(place), _DETACH))


def call(number: int, *arguments: Any) -> int:  # noqa: ANN401 - as ctypes takes them
    """Make a system call that the C library has no function for: syscall(2)."""
    widened = (ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments)
    result = int(_libc().syscall(number, *widened))
    if result < 0:
        _must(result)
    return result


def within_hard_limit(kind: int, soft: int, hard: int | None = None) -> tuple[int, int]:
    """The soft and the hard limit (`soft` by default), both cut to the hard limit in force here: getrlimit(2)."""
    most = resource.getrlimit(kind)[1]
    if most == resource.RLIM_INFINITY:
        return soft, hard or soft
    return min(soft, most), min(hard or soft, most)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _must(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
