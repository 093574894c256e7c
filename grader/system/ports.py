"""The holders of a port: listening processes, and ended connections in TIME_WAIT."""

from __future__ import annotations

import contextlib

from grader.system import procfs
from grader.system.processes import LINUX
from grader.system.sockdiag import TIME_WAIT, SocketTable


def who_listens(port: int) -> str:
    """A phrase about the process that listens on a port of this machine; empty if none does."""
    if not LINUX:
        return _who_listens_elsewhere(port)
    table = SocketTable()
    with contextlib.closing(table):
        inodes = {listener.inode for listener in table.listeners() if listener.port == port}
    if not inodes:
        return ""
    for pid in procfs.all_processes():
        if inodes & procfs.socket_inodes(pid):
            return f"process {pid} ({procfs.command_line(pid)})"
    return "another program (/proc does not show which)"


def lingers(port: int) -> bool:
    """Whether ended connections in TIME_WAIT still hold a port: a program without SO_REUSEADDR cannot bind it then."""
    if not LINUX:
        return False
    table = SocketTable()
    with contextlib.closing(table):
        return any(ended.port == port for ended in table.dump(1 << TIME_WAIT))


def _who_listens_elsewhere(port: int) -> str:
    import socket

    with socket.socket() as probe:  # nothing of ours runs yet, so a connection disturbs no chat
        return "" if probe.connect_ex(("127.0.0.1", port)) else "another program"
