"""How much a student's program may use, and what to say when that was not enough."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one check's programs may use. An honest one needs a tenth of it; those of files leave room to log all that is sent."""

    memory: int = 1024  # megabytes: address space of a process, and what all of them hold together
    processes: int = 400  # processes and threads
    cpu: int = 120  # seconds of processor time of one process
    seconds: int = 300  # that one check may last
    file_size: int = 256  # megabytes of one file
    disk: int = 256  # megabytes of all files
    files: int = 10_000
    open_files: int = 1024  # descriptors of one process
    output: int = 256  # megabytes printed
