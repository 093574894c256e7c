"""How much a student's program may use, and what is said when that was not enough. Pure."""

from __future__ import annotations

import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

MEGABYTE = 1 << 20
ADDRESSES = 8
"""How many times as much memory a process may reserve as it may hold: what is reserved and not used costs nothing."""


@dataclass(frozen=True)
class Limits:
    """What the programs of one check may use. Honest ones need a tenth; there is room to log all that a check sends."""

    memory: int = 1024  # megabytes that all processes hold together
    processes: int = 400  # processes and threads
    cpu: int = 120  # seconds of processor time of one process
    seconds: int = 300  # that one check may last
    file_size: int = 256  # megabytes of one file
    disk: int = 256  # megabytes of all files
    files: int = 10_000
    open_files: int = 1024  # descriptors of one process
    output: int = 256  # megabytes printed by one program


ALL = frozenset(limit.name for limit in fields(Limits))


@dataclass
class Usage:
    """The most that the programs of one check were seen to use."""

    memory: int = 0  # bytes
    processes: int = 0  # processes and threads
    disk: int = 0  # bytes
    files: int = 0


def reached(
    limits: Limits, usage: Usage, printed: str, returncode: int | None, enforced: Collection[str] = ALL
) -> Iterator[str]:
    """Each of the enforced limits that a program ran into, as its errors tell it, in words."""
    told = dict(_told(limits, usage, printed, returncode))
    return (words for name, words in told.items() if name in enforced)


def _told(limits: Limits, usage: Usage, printed: str, returncode: int | None) -> Iterator[tuple[str, str]]:
    if "MemoryError" in printed or "Cannot allocate memory" in printed:
        most = f"{ADDRESSES * limits.memory:,} MB of addresses for a process"
        yield "memory", f"{most} (all were seen to hold {_megabytes(usage.memory)} of memory)"
    if "can't start new thread" in printed or "Resource temporarily unavailable" in printed:
        yield "processes", f"{limits.processes:,} processes and threads ({usage.processes:,} were seen)"
    if "No space left on device" in printed:
        yield (
            "disk",
            f"{limits.disk:,} MB in {limits.files:,} files ({_megabytes(usage.disk)} in {usage.files:,} are there)",
        )
    if "File too large" in printed:
        yield "file_size", f"{limits.file_size:,} MB for one file"
    if "Too many open files" in printed:
        yield "open_files", f"{limits.open_files:,} open files and connections"
    if returncode == -signal.SIGXCPU:
        yield "cpu", f"{limits.cpu:,} seconds of processor time"


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"
