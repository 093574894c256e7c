"""A private network per check: a user namespace once per worker, a fresh network namespace per check (Linux).

In it every address is local, so a server can be called on any address, nothing collides and nothing gets out. The route has
`quickack 1`: without it every exchange with a server that does not set TCP_NODELAY costs 43 ms of delayed acknowledgement.
It needs neither root nor helper programs.
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
    """The network of checks: a private one for each, or the machine's."""

    def __init__(self, *, private: bool) -> None:
        """Enter a first private network, if asked to. Raises GraderError when the machine does not permit it."""
        self._own = PrivateNetwork() if private else None

    @property
    def private(self) -> bool:
        """Whether each check has a network of its own."""
        return self._own is not None

    @contextlib.contextmanager
    def for_one_check(self, port: int) -> Iterator[None]:
        """Enter a fresh private network; or, on the machine's, lock the port against other runs of this user."""
        if self._own:
            self._own.renew()
            yield
            return
        shared = "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()  # noqa: S108 - the same for all runs
        name = f"{shared}/chatgrade-{os.getuid()}-{port}.lock"
        lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)  # waits for another run's check; the lock ends with its process
            yield
        finally:
            os.close(lock)

    def require_free(self, port: int) -> None:
        """Raise GraderError, with the listening process, when the port is in use."""
        if self._own:
            return
        holder = ports.who_listens(port)
        if holder:
            raise GraderError(f"port {port} is taken by {holder}: stop that program, then run this again")

    def lingers(self, port: int) -> bool:
        """Whether connections of an earlier check still hold the port; never in a private network, which is new."""
        return self._own is None and ports.lingers(port)

    def shrink_send_buffers(self) -> bool:
        """Limit send queues in the present private network to 64 kB (tcp_wmem, tcp(7)); whether that succeeded."""
        if self._own:
            with contextlib.suppress(OSError):
                Path("/proc/sys/net/ipv4/tcp_wmem").write_text("4096 16384 65536")
                return True
        return False

    @staticmethod
    def lan_address() -> str:
        """The machine's address in its network; a loopback address if it has none."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing: the kernel only picks a route
                address = str(probe.getsockname()[0])
            except OSError:
                address = "127.0.0.1"
        if not address.startswith("127."):
            return address
        return "127.0.0.2" if sys.platform.startswith("linux") else "127.0.0.1"
