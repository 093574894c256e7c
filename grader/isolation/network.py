"""A private network per check: a user namespace once per worker, a fresh network namespace per check (Linux).

In it every address is local, so a server can be called on any address, nothing collides and nothing gets out. The route has
`quickack 1`: without it every exchange with a server that does not set TCP_NODELAY costs 43 ms of delayed acknowledgement.
Only plain system calls: no root, no helper programs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.model.errors import GraderError
from grader.system import ports
from grader.system.netns import PrivateNetwork

LAN_ADDRESS = "10.0.0.9"  # any address would do: all are local


class Network:
    """Where checks run: in a private network, or beside everything else on this machine."""

    def __init__(self, *, private: bool) -> None:
        """GraderError when a private network is asked for and not permitted."""
        self._own = PrivateNetwork() if private else None

    @property
    def private(self) -> bool:
        """Whether each check has a network of its own."""
        return self._own is not None

    @contextlib.contextmanager
    def for_one_check(self, port: int) -> Iterator[None]:
        """A fresh private network; or, on the shared one, the port for oneself among all runs of this user."""
        if self._own:
            self._own.renew()
            yield
            return
        shared = "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()  # noqa: S108 - the same for all runs
        name = f"{shared}/chatgrade-{os.getuid()}-{port}.lock"
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another run's check may take a while; it ends, or its process does
            yield
        finally:
            os.close(lock)

    def require_free(self, port: int) -> None:
        """GraderError that names who listens on the port already."""
        if self._own:
            return
        holder = ports.who_listens(port)
        if holder:
            raise GraderError(f"port {port} is taken by {holder}: stop that program, then run this again")

    def lingers(self, port: int) -> bool:
        """Whether connections of an earlier check still hold the port: never in a network that is new."""
        return self._own is None and ports.lingers(port)

    def shrink_send_buffers(self) -> bool:
        """Let at most 64 kB wait in a socket's send queue, in the present private network; whether that could be had."""
        if self._own:
            with contextlib.suppress(OSError):
                Path("/proc/sys/net/ipv4/tcp_wmem").write_text("4096 16384 65536")
                return True
        return False

    @staticmethod
    def lan_address() -> str:
        """The machine's own address in its network, or 127.0.0.2 where it has none."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing: it only picks the way out
                address = str(probe.getsockname()[0])
            except OSError:
                address = "127.0.0.1"
        if not address.startswith("127."):
            return address
        return "127.0.0.2" if sys.platform.startswith("linux") else "127.0.0.1"
