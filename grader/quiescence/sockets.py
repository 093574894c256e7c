"""The sockets of a program, listed by the kernel: to try by connecting would add a participant to the chat."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.programs.program import Program
from grader.system import procfs
from grader.system.processes import LINUX
from grader.system.sockdiag import CLOSE_WAIT, ESTABLISHED, LISTEN, SocketTable, TcpSocket

if TYPE_CHECKING:
    from grader.isolation.network import Network
    from grader.wire.peer import Peer


_ALL = 0xFFF


class Listening(NamedTuple):
    """A listening socket of the program."""

    address: str
    port: int

    def addresses(self) -> list[str]:
        """The addresses to connect to, in the order to try: the program does not notice a refused attempt."""
        return list(dict.fromkeys(["127.0.0.1", "::1" if ":" in self.address else self.address]))


class Watcher:
    """Looks at the sockets of one check's network."""

    def __init__(self, network: Network) -> None:
        self._private = network.private
        self.port = 0  # the program's listening port, once it listens
        self.ours: set[tuple[int, int]] = set()  # our ends of connections: (own port, other port)
        self.sockets = SocketTable() if LINUX else None

    def close(self) -> None:
        """Close the socket table."""
        if self.sockets:
            self.sockets.close()

    def listening(self, program: Program) -> list[Listening]:
        """The listening sockets of the program; in a private network there are no others."""
        if self.sockets is None:
            return _listening_elsewhere(program.pids())
        listeners = self.sockets.listeners()
        if listeners and not self._private:
            own = set().union(*(procfs.socket_inodes(pid) for pid in program.pids()))
            listeners = [listener for listener in listeners if listener.inode in own]
        return [Listening(listener.address, listener.port) for listener in listeners]

    def holdings(self, program: Program, port: int) -> tuple[int, int, int, int]:
        """The numbers of descriptors, threads, sockets and half-closed connections of the program and its children.

        Half-closed (CLOSE_WAIT) connections count at `port`. All are 0 where the system does not list sockets.
        """
        if self.sockets is None:
            return 0, 0, 0, 0
        pids = program.pids()
        half_closed = sum(end.port == port and end.inode != 0 for end in self.sockets.dump(1 << CLOSE_WAIT))
        return (
            sum(len(procfs.open_files(pid)) for pid in pids),
            sum(len(procfs.thread_ids(pid)) for pid in pids),
            len(set().union(*(procfs.socket_inodes(pid) for pid in pids))),  # a shared socket counts once
            half_closed,
        )

    def is_connected(self, program: Program) -> bool:
        """Whether the program has an established connection to the port; true where the system does not list sockets."""
        if self.sockets is None:
            return True
        own = set().union(*(procfs.socket_inodes(pid) for pid in program.pids()))
        return any(end.peer_port == self.port and end.inode in own for end in self.sockets.dump(1 << ESTABLISHED))

    def connections(self, states: int) -> list[TcpSocket]:
        """The sockets of the program and its peers in these states (a bit set); on a shared network, those at our port."""
        if self.sockets is None:
            return []
        ends = self.sockets.dump(states)
        return ends if self._private else [end for end in ends if self.port in (end.port, end.peer_port)]

    def unread(self, peer: Peer) -> int:
        """The number of bytes from the peer that the program has not read; 0 where the system does not list sockets."""
        if self.sockets is None:
            return 0
        return sum(
            end.unread if end.peer_port == peer.port else end.unsent
            for end in self.connections(_ALL)
            if peer.port in (end.port, end.peer_port) and end.state != LISTEN  # there, `unsent` is the backlog
        )


def _listening_elsewhere(pids: list[int]) -> list[Listening]:
    import psutil

    listeners = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            ends: list[Any] = psutil.Process(pid).net_connections("tcp")
            listeners += [Listening(end.laddr.ip, end.laddr.port) for end in ends if end.status == psutil.CONN_LISTEN]
    return listeners
