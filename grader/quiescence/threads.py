"""The activity of a program's threads: the system calls that they wait in, and for how long at most (Linux).

Two equal readings of all threads, with empty sockets in between, are a consistent cut: no thread ran meanwhile, so nothing
is on its way. A thread in a wait with a time limit may act by itself later: that is `TIMED`, not `IDLE`. A thread that
waits for Python's interpreter lock is in such a timed wait, too.
"""

from __future__ import annotations

import os
import platform
import struct
import time
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from grader.system import procfs


class Activity(IntEnum):
    """The activity of a program: that of its most active thread."""

    DEAD = 0
    IDLE = 1  # every thread waits, without a limit
    TIMED = 2  # every thread waits, at least one of them with a limit
    BUSY = 3  # some thread runs, or is ready to run


class Reading(NamedTuple):
    """All threads of a program at one moment. `longest` is the longest time limit of a wait, in seconds."""

    activity: Activity
    longest: float
    threads: tuple[procfs.ThreadReading, ...]
    limited: frozenset[int]  # the threads whose wait has a limit
    run_time: int  # processor time used so far by the threads that live, in nanoseconds


FOREVER = 10.0
"""Seconds. A wait with a longer limit counts as unlimited: no chat program waits that long for a line."""

_UNKNOWN = 3.0  # seconds: the assumed limit of a wait in an unknown system call

# read, write and the like: waiting for a disk is work, not rest (a cold start reads modules for milliseconds).
_FILE_CALLS = {
    "x86_64": {0, 1, 17, 18, 19, 20},
    "aarch64": {63, 64, 65, 66, 67, 68},
}.get(platform.machine(), set())

_READ = {"x86_64": 0, "aarch64": 63}.get(platform.machine(), -1)

# System calls by number: waits without a limit; and waits with a limit, each with the way to read it (see _limit).
_UNLIMITED = {
    "x86_64": {0, 1, 20, 34, 42, 43, 44, 45, 46, 47, 61, 72, 73, 130, 247, 288, 299},
    "aarch64": {25, 32, 63, 64, 66, 95, 133, 202, 203, 206, 207, 211, 212, 242, 260},
}.get(platform.machine(), set())
_LIMITED = {
    "x86_64": {
        7: "ms2", 23: "timeval4", 35: "timespec0", 202: "futex", 230: "clock", 232: "ms3", 270: "timespec4",
        271: "timespec2", 281: "ms3", 441: "timespec3", 128: "timespec2",
    },
    "aarch64": {
        72: "timespec4", 73: "timespec2", 98: "futex", 101: "timespec0", 115: "clock", 22: "ms3", 441: "timespec3",
        137: "timespec2",
    },
}.get(platform.machine(), {})  # fmt: skip


def read(pids: Iterable[int]) -> Reading:
    """Read all threads of these processes."""
    activity, longest, used = Activity.DEAD, 0.0, 0
    threads: list[procfs.ThreadReading] = []
    limited: set[int] = set()
    for pid in pids:
        for thread in procfs.threads(pid):
            threads.append(thread)
            limit = _limit(pid, thread.syscall)
            if (limit is None or limit < FOREVER) and procfs.state(pid, thread.tid) == "T":
                limit = float("inf")  # stopped by a signal: only another one wakes it
            if limit is None:
                activity = Activity.BUSY
            elif limit < FOREVER:
                activity, longest = max(activity, Activity.TIMED), max(longest, limit)
                limited.add(thread.tid)
            else:
                activity = max(activity, Activity.IDLE)
            used += int(thread.schedstat.partition(" ")[0] or 0)
    return Reading(activity, longest, tuple(threads), frozenset(limited), used)


def reads(pids: Iterable[int], source: os.stat_result) -> bool:
    """Whether a thread waits in read() for this terminal or pipe. A wait in select() is not seen."""
    calls = ((pid, thread.syscall.split()) for pid in pids for thread in procfs.threads(pid))
    return any(call[0] == str(_READ) and procfs.is_same(pid, int(call[1], 16), source) for pid, call in calls)


def is_held_up(threads: Iterable[procfs.ThreadReading]) -> bool:
    """Whether a thread is in an uninterruptible wait (state D, proc(5)), after which it goes on by itself.

    Its system call may look like rest: a thread that is killed in recv() stays in recv() until it is gone.
    """
    return any(procfs.state(thread.tid, thread.tid) == "D" for thread in threads)


def _limit(pid: int, syscall: str) -> float | None:
    """The time limit of a wait in seconds, `inf` for none; None if the thread does not wait.

    `syscall` is the text of /proc/PID/task/TID/syscall.
    """
    fields = syscall.split()
    if fields[0] in ("running", "unreadable", "-1"):  # -1: stopped on its way, outside any call
        return None
    number, arguments = int(fields[0]), [int(field, 16) for field in fields[1:7]]
    if number in _FILE_CALLS and procfs.is_file(pid, arguments[0]):
        return None
    if number in _UNLIMITED:
        return float("inf")
    how = _LIMITED.get(number)
    if how is None:
        return _UNKNOWN
    if how == "futex":
        return _futex_limit(pid, arguments)
    if how == "clock":  # clock_nanosleep(clock, flags, request): flag 1 means an absolute time
        return _time_limit(pid, arguments[2], absolute=bool(arguments[1] & 1), clock=arguments[0])
    position = int(how[-1])
    if how.startswith("ms"):
        milliseconds = struct.unpack("=i", struct.pack("=I", arguments[position] & 0xFFFFFFFF))[0]
        return float("inf") if milliseconds < 0 else milliseconds / 1000
    return _time_limit(pid, arguments[position], unit=1e-6 if how.startswith("timeval") else 1e-9)


def _futex_limit(pid: int, arguments: list[int]) -> float:
    wait_bitset, wait_requeue, clock_realtime = 9, 11, 256
    operation = arguments[1] & 127
    absolute = operation in (wait_bitset, wait_requeue)
    clock = time.CLOCK_REALTIME if arguments[1] & clock_realtime else time.CLOCK_MONOTONIC
    return _time_limit(pid, arguments[3], absolute=absolute, clock=clock)


def _time_limit(pid: int, address: int, *, absolute: bool = False, clock: int = 1, unit: float = 1e-9) -> float:
    """Seconds from now of the timespec (or timeval, by `unit`) at an address in the process; `inf` for address 0."""
    if not address:
        return float("inf")
    raw = procfs.read_memory(pid, address, 16)
    if len(raw) < 16:
        return _UNKNOWN
    seconds, fraction = struct.unpack("=qq", raw)
    limit: float = seconds + fraction * unit
    return max(0.0, limit - time.clock_gettime(clock)) if absolute else limit
