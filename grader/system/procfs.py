"""Processes and their threads, read from /proc (proc(5), Linux). Processes that end during a reading are left out."""

from __future__ import annotations

import functools
import os
import signal
import stat
from typing import NamedTuple

_READINGS = 5  # attempts at a process tree that changes while it is read: some programs never stop forking


class ThreadReading(NamedTuple):
    """One thread at one moment: equal readings mean that it has not run in between."""

    tid: int
    syscall: str  # "running", or number and arguments of the system call it waits in
    schedstat: str  # "run-ns delay-ns switches"


def descendants(pid: int) -> list[int]:
    """Children of `pid`, their children, and so on, including zombies."""
    found: list[int] = []
    for _ in range(_READINGS):
        found, pending = [], children(pid)
        while pending:
            found.append(pending.pop())
            pending += children(found[-1])
        if set(children(pid)) <= set(found):
            break
        # Else a parent has ended meanwhile, and its children are ours now.
    return found


def children(pid: int) -> list[int]:
    """The children of a process, including zombies."""
    if not _lists_children():
        return [other for other in all_processes() if _parent(other) == pid]
    found: list[int] = []
    for tid in _entries(f"/proc/{pid}/task"):
        found += map(int, _read(f"/proc/{pid}/task/{tid}/children").split())
    return found


@functools.cache
def _lists_children() -> bool:
    return os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")  # noqa: PTH110 - with its siblings


def _parent(pid: int) -> int:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def threads(pid: int) -> list[ThreadReading]:
    """A reading of each thread of one process; empty for a dead one."""
    readings = []
    for tid in _entries(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{tid}/"
        syscall, schedstat = _read(base + "syscall"), _read(base + "schedstat")
        if syscall.startswith("-1 0x0 0x0") or (not syscall and state(pid, int(tid)) in "ZX"):
            continue  # dead, if not reaped
        readings.append(ThreadReading(int(tid), syscall.strip() or "unreadable", schedstat.strip()))
    return readings


@functools.cache
def tells_enough() -> bool:
    """Whether /proc shows the system calls and run times of threads here: kernels and containers may hide them."""
    base = f"/proc/{os.getpid()}/task/{os.getpid()}/"
    return bool(_read(base + "syscall")) and len(_read(base + "schedstat").split()) == 3


def run_time(pid: int) -> int:
    """Processor time used so far by the threads of a process, in nanoseconds."""
    return sum(int(_read(f"/proc/{pid}/task/{tid}/schedstat").split()[0] or 0) for tid in _entries(f"/proc/{pid}/task"))


def thread_ids(pid: int) -> list[int]:
    """The thread ids of a process."""
    return [int(name) for name in _entries(f"/proc/{pid}/task")]


def state(pid: int, tid: int) -> str:
    """The state letter of a thread (T: stopped, Z: zombie, ...); X when it is gone."""
    return _read(f"/proc/{pid}/task/{tid}/stat").rpartition(")")[2].strip()[:1] or "X"


def open_files(pid: int) -> list[str]:
    """The target of each descriptor of a process, such as `socket:[4711]`."""
    targets = []
    for number in _entries(f"/proc/{pid}/fd"):
        try:
            targets.append(os.readlink(f"/proc/{pid}/fd/{number}"))  # noqa: PTH115 - a hot path
        except OSError:
            continue
    return targets


def is_file(pid: int, descriptor: int) -> bool:
    """Whether a descriptor refers to a regular file, not a pipe, a socket or a terminal."""
    try:
        return stat.S_ISREG(os.stat(f"/proc/{pid}/fd/{descriptor}").st_mode)  # noqa: PTH116 - a hot path
    except OSError:
        return False


def is_same(pid: int, descriptor: int, other: os.stat_result) -> bool:
    """Whether a descriptor refers to this other file, pipe or terminal."""
    try:
        return os.path.samestat(os.stat(f"/proc/{pid}/fd/{descriptor}"), other)  # noqa: PTH116 - with its siblings
    except OSError:
        return False


def socket_inodes(pid: int) -> set[int]:
    """The inodes of a process's open sockets."""
    return {int(target[8:-1]) for target in open_files(pid) if target.startswith("socket:[")}


def status(pid: int) -> str:
    """The text of /proc/PID/status; empty for a dead process, and where it may not be read."""
    return _read(f"/proc/{pid}/status")


def ignores(pid: int, number: int) -> bool:
    """Whether a process ignores a signal."""
    ignored = status(pid).partition("SigIgn:")[2].split(maxsplit=1)
    return bool(ignored and int(ignored[0], 16) & 1 << (number - 1))


def may_be_woken_by_a_timer(pid: int) -> bool:
    """Whether an alarm signal or a timerfd could wake a thread that waits without a limit."""
    caught = status(pid).partition("SigCgt:")[2].split(maxsplit=1)
    alarms = sum(1 << (number - 1) for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF))
    return bool(caught and int(caught[0], 16) & alarms) or "anon_inode:[timerfd]" in open_files(pid)


def read_memory(pid: int, address: int, size: int) -> bytes:
    """Bytes of a process's memory; empty where it may not be read."""
    try:
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.pread(memory, size, address)
    except OSError:
        return b""
    finally:
        os.close(memory)


def resident(pid: int) -> int:
    """Resident set size in bytes; 0 for a dead process."""
    fields = _read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0


def proportional(pid: int) -> int:
    """Proportional set size in bytes, in which shared pages count in parts; slower than `resident`."""
    kilobytes = _read(f"/proc/{pid}/smaps_rollup").partition("\nPss:")[2].split(maxsplit=1)
    return int(kilobytes[0]) << 10 if kilobytes else resident(pid)


def command_line(pid: int) -> str:
    """The command line of a process, its arguments separated by blanks."""
    return _read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()


def all_processes() -> list[int]:
    """The ids of all visible processes."""
    return [int(name) for name in _entries("/proc") if name.isdigit()]


def users() -> set[int]:
    """The real, effective and saved user ids of all visible processes."""
    lines = (status(pid).partition("\nUid:")[2].partition("\n")[0] for pid in all_processes())
    return {int(user) for line in lines for user in line.split()[:3]}


def _entries(directory: str) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208 - in the hottest path; pathlib costs three times as much
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 65536).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)
