"""The grader's own server: what the student's client calls.

It listens where the client should call, and where it may call by mistake: the numbers in its source that could be a port.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterable

from grader.model.errors import GraderError
from grader.wire.framing import Buffer, LineBuffer
from grader.wire.loop import Loop
from grader.wire.peer import Peer
from grader.wire.transcript import Transcript

LABEL = "server"


class MockServer:
    """Listens, and takes in every connection as a guest."""

    def __init__(
        self,
        port: int,
        others: Iterable[int],
        loop: Loop,
        transcript: Transcript,
        arrived: Callable[[], None],
        buffer: Callable[[], Buffer] = LineBuffer,
    ) -> None:
        """GraderError when the port itself cannot be had; of the others, those that can."""
        self.guests: list[Peer] = []
        self._doors = [_Acceptor(self, port)]
        for other in others:
            with contextlib.suppress(GraderError):
                self._doors.append(_Acceptor(self, other))
        self._loop, self._transcript, self._arrived, self._buffer = loop, transcript, arrived, buffer
        for door in self._doors:
            loop.add(door)

    def take_in(self, connection: socket.socket) -> None:
        """Somebody called."""
        number = f" {len(self.guests) + 1}" if self.guests else ""
        guest = Peer.called(LABEL + number, connection, self._loop, self._transcript, self._buffer())
        self.guests.append(guest)
        self._loop.received += 1
        self._loop.signs += 1
        self._arrived()

    def close(self) -> None:
        """Take in nobody any more."""
        for door in self._doors:
            self._loop.remove(door)
            door.close()


class _Acceptor:
    """One listening socket."""

    def __init__(self, host: MockServer, port: int) -> None:
        self._host = host
        try:
            self._socket = _listen(port)
        except OSError as error:
            raise GraderError(f"cannot listen on port {port} for the client ({error.strerror})") from error

    def fileno(self) -> int:
        """The socket's descriptor."""
        return self._socket.fileno()

    def on_readable(self) -> None:
        """Take in who waits."""
        with contextlib.suppress(OSError):
            connection, _ = self._socket.accept()
            self._host.take_in(connection)

    def on_writable(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def _listen(port: int) -> socket.socket:
    """A socket that listens for IPv4 and, where there is IPv6, for that too."""
    for family, address in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):  # noqa: S104 - whatever HOST is
        try:
            reporter = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue
        try:
            reporter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                reporter.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            reporter.bind((address, port))
            reporter.listen(16)
            reporter.setblocking(False)
        except OSError as error:
            reporter.close()
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:
                raise
            continue
        return reporter
    raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
