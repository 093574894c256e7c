"""The mock server, which the student's client connects to.

It listens on the port that the client should use, and on ports that it may use by mistake: numbers in its source.
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
    """Listens, and accepts every connection as a guest."""

    def __init__(
        self,
        port: int,
        others: Iterable[int],
        loop: Loop,
        transcript: Transcript,
        arrived: Callable[[], None],
        buffer: Callable[[], Buffer] = LineBuffer,
    ) -> None:
        """Listen on `port` and on those of `others` that are free; `arrived` is called after each connection.

        Raises GraderError when `port` is not free.
        """
        self.guests: list[Peer] = []
        self._acceptors = [_Acceptor(self, port)]
        for other in others:
            with contextlib.suppress(GraderError):
                self._acceptors.append(_Acceptor(self, other))
        self._loop, self._transcript, self._arrived, self._buffer = loop, transcript, arrived, buffer
        for acceptor in self._acceptors:
            loop.add(acceptor)

    def take_in(self, connection: socket.socket) -> None:
        """Register an accepted connection as a guest."""
        number = f" {len(self.guests) + 1}" if self.guests else ""
        guest = Peer.called(LABEL + number, connection, self._loop, self._transcript, self._buffer())
        self.guests.append(guest)
        self._loop.received += 1
        self._loop.signs += 1
        self._arrived()

    def close(self) -> None:
        """Stop listening; guests stay connected."""
        for acceptor in self._acceptors:
            self._loop.remove(acceptor)
            acceptor.close()


class _Acceptor:
    """A listening socket of the mock server."""

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
        """Accept the pending connection."""
        with contextlib.suppress(OSError):
            connection, _ = self._socket.accept()
            self._host.take_in(connection)

    def on_writable(self) -> None:
        """Do nothing: a listening socket has nothing to write."""

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _listen(port: int) -> socket.socket:
    """A socket that listens for IPv4 and, if the machine has it, IPv6. Raises OSError when the port is not free."""
    for family, address in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):  # noqa: S104 - whatever HOST is
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((address, port))
            listener.listen(16)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            if family == socket.AF_INET or error.errno == errno.EADDRINUSE:
                raise
            continue
        return listener
    raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
