"""A process's descendants, and how orphans of ours come back to us (PR_SET_CHILD_SUBREAPER, prctl(2))."""

from __future__ import annotations

import sys

from grader.system import procfs, syscalls

LINUX = sys.platform.startswith("linux")


def descendants(pid: int) -> list[int]:
    """All that a process has started, and what that has started."""
    if LINUX:
        return procfs.descendants(pid)
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def known_descendants(pid: int) -> list[int]:
    """As `descendants` on Linux, where /proc tells them at once; none elsewhere, where workers end what they have started."""
    return procfs.descendants(pid) if LINUX else []


def become_owner_of_orphans() -> None:
    """Have orphaned descendants re-parented to us, not to init (Linux)."""
    if LINUX:
        syscalls.become_subreaper()
