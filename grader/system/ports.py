"""Who listens on a port, and whether ended connections linger there."""

from __future__ import annotations

import contextlib

from grader.system import procfs
from grader.system.processes import LINUX
from grader.system.sockdiag import TIME_WAIT, SocketTable


def who_listens(port: int) -> str:
    """The process that listens on a port of this machine, as a phrase; empty if there is none."""
    if not LINUX:
        return _who_listens_elsewhere(port)
    table = SocketTable()
    with contextlib.closing(table):
        inodes = {one.inode for one in table.listeners() if one.port == port}
    if not inodes:
        return ""
    for pid in procfs.all_processes():
        if inodes & procfs.socket_inodes(pid):
            return f"process {pid} ({procfs.command_line(pid)})"
    return "another program (/proc does not show which)"


def lingers(port: int) -> bool:
    """Whether ended connections still hold a port (TIME_WAIT), against a program that does not set SO_REUSEADDR."""
    if not LINUX:
        return False
    table = SocketTable()
    with contextlib.closing(table):
        return any(one.port == port for one in table.dump(1 << TIME_WAIT))


def _who_listens_elsewhere(port: int) -> str:
    import socket

    with socket.socket() as probe:  # nothing of ours runs yet, so a connection disturbs no chat
        return "" if probe.connect_ex(("127.0.0.1", port)) else "another program"
