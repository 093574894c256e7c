"""A process's descendants, and how orphans of ours come back to us (PR_SET_CHILD_SUBREAPER, prctl(2))."""

from __future__ import annotations

import sys

from grader.system import procfs, syscalls

LINUX = sys.platform.startswith("linux")


def _descendants(pid: int) -> list[int]:
    if LINUX:
        return procfs.descendants(pid)
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def descendants(pid: int) -> list[int]:
    """All that a process has started, and what that has started; none where it cannot be told."""
    return procfs.descendants(pid) if sys.platform.startswith("linux") else []


def become_owner_of_orphans() -> None:
    """Whoever a descendant leaves behind becomes our child, not init's (Linux)."""
    if sys.platform.startswith("linux"):
        syscalls.become_subreaper()
