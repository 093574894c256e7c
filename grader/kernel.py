"""System calls of Linux that Python has no function for. Each raises OSError."""

from __future__ import annotations

import ctypes
import functools
import os

NEW_MOUNTS, NEW_USERS, NEW_NETWORK = 0x00020000, 0x10000000, 0x40000000

_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_KEEP_CAPABILITIES, _SET_CHILD_SUBREAPER = 1, 4, 8, 36
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
    header, sets = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _must(libc.capget(header, sets))
    sets[0], sets[3] = sets[1], sets[4]  # effective = permitted, two words of each
    _must(libc.capset(header, sets))
    stay_readable()


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


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _must(result: int) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
