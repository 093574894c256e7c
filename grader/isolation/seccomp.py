"""The kernel's filter of system calls for sandboxed programs: seccomp(2). Pure: numbers in, bytes out.

Denied are calls that reach other processes, make namespaces or mounts, or hold memory that no limit counts, and frequent
targets of attacks on the kernel. Calls that a chat program may use are allowed.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from typing import NamedTuple

# names: x86_64, aarch64; asm/unistd_64.h and asm-generic/unistd.h
_DENIED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "unshare": (272, 97), "setns": (308, 268), "chroot": (161, 51), "pivot_root": (155, 41),
    "mount": (165, 40), "umount2": (166, 39), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
}  # fmt: skip
_NEW_NAMESPACES = 0x7E020000  # the flags of clone(2) that make new namespaces
_FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6, netlink (by which a program lists its interfaces)
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: put input into a terminal

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data; of arguments, the low half


class _Machine(NamedTuple):
    column: int
    audit: int
    clone: int
    clone3: int
    socket: int
    ioctl: int
    other_numbers: int  # first number of a second table of system calls (x32); 0: there is none


_MACHINES: Mapping[str, _Machine] = {
    "x86_64": _Machine(0, 0xC000003E, 56, 435, 41, 16, 0x40000000),
    "aarch64": _Machine(1, 0xC00000B7, 220, 435, 198, 29, 0),
}


def filter_for(machine: str = platform.machine()) -> bytes:
    """The filter as an array of struct sock_filter; empty for an unknown kind of processor."""
    if machine not in _MACHINES:
        return b""
    this = _MACHINES[machine]
    program = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, this.audit, skip_if=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if this.other_numbers:
        program += [_step(_AT_LEAST, this.other_numbers, skip_unless=1), _refuse(errno.EPERM)]
    for numbers in _DENIED.values():
        program += _if_call(numbers[this.column], [_refuse(errno.EPERM)])
    program += _if_call(
        this.clone3, [_refuse(errno.ENOSYS)]
    )  # its flags are out of sight; the library uses clone() then
    allow = _step(_RETURN, _ALLOW)
    new_namespaces = [_step(_ANY_BIT, _NEW_NAMESPACES, skip_unless=1), _refuse(errno.EPERM), allow]
    program += _if_call(this.clone, [_step(_LOAD, _FIRST), *new_namespaces])
    families = [line for family in _FAMILIES for line in (_step(_EQUAL, family, skip_unless=1), allow)]
    program += _if_call(this.socket, [_step(_LOAD, _FIRST), *families, _refuse(errno.EAFNOSUPPORT)])
    # Comparing the low half of the request is enough: the kernel ignores the high half.
    typing = [
        line for request in _TERMINAL_INPUT for line in (_step(_EQUAL, request, skip_unless=1), _refuse(errno.EPERM))
    ]
    program += _if_call(this.ioctl, [_step(_LOAD, _SECOND), *typing, allow])
    return b"".join([*program, allow])


def _if_call(number: int, then: list[bytes]) -> list[bytes]:
    """Steps that only this system call runs. The call's number must be in the accumulator, and stays there."""
    return [_step(_EQUAL, number, skip_unless=len(then)), *then]


def _refuse(code: int) -> bytes:
    return _step(_RETURN, _ERROR | code)


def _step(operation: int, value: int, *, skip_if: int = 0, skip_unless: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, skip_if, skip_unless, value)
