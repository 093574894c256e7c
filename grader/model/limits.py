"""The resource limits of students' programs, and the sentences about limits that were reached. Pure."""

from __future__ import annotations

import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

MEGABYTE = 1 << 20
ADDRESSES = 8
"""A process's address space limit, as a multiple of its memory limit: reserved memory costs nothing until it is used."""


@dataclass(frozen=True)
class Limits:
    """The most that the programs of one check may use. Honest programs need a tenth, even if they log all they get."""

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
    """A phrase for each enforced limit that a program has reached, by the errors it printed and its exit status."""
    phrases = dict(_phrases(limits, usage, printed, returncode))
    return (phrase for name, phrase in phrases.items() if name in enforced)


def _phrases(limits: Limits, usage: Usage, printed: str, returncode: int | None) -> Iterator[tuple[str, str]]:
    """The name of each limit that was reached, and the phrase about it."""
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
