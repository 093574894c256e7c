"""Who listens where: asked of the kernel, never tried by connecting, because a connection is a guest in the chat."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.programs.program import Program
from grader.system import procfs
from grader.system.processes import LINUX
from grader.system.sockdiag import CLOSE_WAIT, ESTABLISHED, SocketTable, TcpSocket

if TYPE_CHECKING:
    from grader.isolation.network import Network
    from grader.wire.peer import Peer


_ALL = 0xFFF


class Listening(NamedTuple):
    """A listening socket of the program."""

    address: str
    port: int

    def addresses(self) -> list[str]:
        """Where to call it, in the order to try: a refusal is not seen by the program."""
        return list(dict.fromkeys(["127.0.0.1", "::1" if ":" in self.address else self.address]))


class Watcher:
    """Looks at the sockets of one check's network."""

    def __init__(self, network: Network) -> None:
        self._private = network.private
        self.port = 0  # where the program listens, once it does
        self.ours: set[tuple[int, int]] = set()  # our own ends: their port, and the port that they talk to
        self.sockets = SocketTable() if LINUX else None

    def close(self) -> None:
        """Let go of the network."""
        if self.sockets:
            self.sockets.close()

    def listening(self, program: Program) -> list[Listening]:
        """The listening sockets that belong to the program; in a private network there are no others."""
        if self.sockets is None:
            return _listening_elsewhere(program.pids())
        found = self.sockets.listeners()
        if found and not self._private:
            own = set().union(*(procfs.socket_inodes(pid) for pid in program.pids()))
            found = [one for one in found if one.inode in own]
        return [Listening(one.address, one.port) for one in found]

    def holdings(self, program: Program, port: int) -> tuple[int, int, int, int]:
        """Descriptors, threads, sockets and half-closed connections of the program and its children."""
        if self.sockets is None:
            return 0, 0, 0, 0
        pids = program.pids()
        half_closed = sum(one.port == port and one.inode != 0 for one in self.sockets.dump(1 << CLOSE_WAIT))
        return (
            sum(len(procfs.open_files(pid)) for pid in pids),
            sum(len(procfs.thread_ids(pid)) for pid in pids),
            len(set().union(*(procfs.socket_inodes(pid) for pid in pids))),  # one that several processes hold is one
            half_closed,
        )

    def is_connected(self, program: Program) -> bool:
        """Whether the program holds an established connection to the port; True where that cannot be told."""
        if self.sockets is None:
            return True
        own = set().union(*(procfs.socket_inodes(pid) for pid in program.pids()))
        return any(one.peer_port == self.port and one.inode in own for one in self.sockets.dump(1 << ESTABLISHED))

    def connections(self, states: int) -> list[TcpSocket]:
        """The sockets of the program and its peers; what else runs on a shared network is none of our business."""
        if self.sockets is None:
            return []
        found = self.sockets.dump(states)
        return found if self._private else [one for one in found if self.port in (one.port, one.peer_port)]

    def unread(self, peer: Peer) -> int:
        """Bytes from the peer that the program has not read yet; 0 where that cannot be told."""
        if self.sockets is None:
            return 0
        return sum(
            one.unread if one.peer_port == peer.port else one.unsent
            for one in self.connections(_ALL)
            if peer.port in (one.port, one.peer_port)
        )


def _listening_elsewhere(pids: list[int]) -> list[Listening]:
    import psutil

    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            connections: list[Any] = psutil.Process(pid).net_connections("tcp")
            found += [
                Listening(one.laddr.ip, one.laddr.port) for one in connections if one.status == psutil.CONN_LISTEN
            ]
    return found
