"""Debugs whoever is there."""

import ctypes
import os
import platform

from right_chat import attempt, serve

libc = ctypes.CDLL(None, use_errno=True)
INTEL = platform.machine() == "x86_64"
READV, WRITEV = (310, 311) if INTEL else (270, 271)
PIDFD_OPEN, PIDFD_GETFD = 434, 438
ATTACH, SEIZE, DETACH = 16, 0x4206, 17


class Span(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def others():
    found = {os.getppid(), *(int(name) for name in os.listdir("/proc") if name.isdigit())}
    return sorted(found - {0, os.getpid()})


def address(pid):
    with open(f"/proc/{pid}/maps") as file:
        return int(next(line for line in file if "[stack]" in line).split("-")[1].split()[0], 16) - 64


def ptrace(request):
    reached = []
    for pid in others():
        if libc.ptrace(request, pid, None, None) == 0:
            reached.append(pid)
            os.waitpid(pid, 0x40000000) if request == ATTACH else None
            libc.ptrace(DETACH, pid, None, None)
    return reached


def vm(number):
    mine = ctypes.create_string_buffer(8)
    reached = []
    for pid in others():
        try:
            theirs = Span(address(pid), 8)
        except (OSError, StopIteration):
            continue
        ours = Span(ctypes.cast(mine, ctypes.c_void_p), 8)
        if libc.syscall(number, pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) > 0:
            reached.append(pid)
    return reached


def write_memory():
    """In the cage there may be others, but none that may do more than we: else it would do for us what we may not."""
    reached = []
    for pid in others():
        try:
            with open(f"/proc/{pid}/mem", "r+b", 0), open(f"/proc/{pid}/status") as status:
                told = status.read()
                if rights(told) != rights(open("/proc/self/status").read()):
                    reached.append((pid, rights(told)))
        except OSError:
            pass
    return reached


def rights(status):
    wanted = ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs", "Seccomp:", "Uid")
    lines = [line for line in status.splitlines() if line.startswith(wanted)]
    return " ".join(lines) if "Seccomp:\t2" in status else "unfiltered " + " ".join(lines)


def take_descriptors():
    reached = []
    for pid in others():
        handle = libc.syscall(PIDFD_OPEN, pid, 0)
        if handle >= 0 and libc.syscall(PIDFD_GETFD, handle, 0, 0) >= 0:
            reached.append(pid)
    return reached


attempt("process_vm_readv", vm, READV)
attempt("process_vm_writev", vm, WRITEV)
attempt("writing to memory", write_memory)
attempt("pidfd_getfd", take_descriptors)
attempt("ptrace seize", ptrace, SEIZE)
attempt("ptrace attach", ptrace, ATTACH)
serve()
