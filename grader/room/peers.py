"""The peers: our own ends of connections to the server under test."""

from __future__ import annotations

from collections.abc import Callable

from grader.diagnosis import cause
from grader.model.errors import CheckFailed
from grader.model.message import Message
from grader.model.verdict import Failure
from grader.room.copies import Copies
from grader.room.equipment import Equipment
from grader.room.server import ServerUnderTest
from grader.room.settling import Settling
from grader.wire.framing import Buffer
from grader.wire.peer import Peer


class Peers:
    """Connections to the server, in the order in which they were made. A refusal is the server's failure."""

    def __init__(
        self,
        equipment: Equipment,
        copies: Copies,
        server: ServerUnderTest,
        settling: Settling,
        buffer: Callable[[], Buffer],
    ) -> None:
        """`buffer` makes the buffer that splits a peer's bytes into messages."""
        self._equipment, self._copies, self._server, self._settling = equipment, copies, server, settling
        self._buffer = buffer
        self.all: list[Peer] = []

    def connect(self, label: str, host: str = "", hint: str = "") -> Peer:
        """Connect to the server, only at the address `host` unless that is empty. Raises CheckFailed when refused."""
        self._settling.acted()
        refusal: OSError | None = None
        listening, equipment = self._server.place, self._equipment
        for address in [host] if host else listening.addresses():
            where = (address, listening.port)
            peer = Peer.calling(label, where, equipment.loop, equipment.transcript, self._buffer())
            self._settling.patience.until_connected(peer)
            if peer.connected:
                self.all.append(peer)
                equipment.watcher.ours.add((peer.port, listening.port))
                return peer
            refusal = peer.refusal
        raise CheckFailed(self._refused(label, host, refusal, hint))

    def _refused(self, label: str, host: str, refusal: OSError | None, hint: str) -> Failure:
        server = self._server.running
        ending = self._settling.wait(server.ended)
        failure = Failure(
            Message("{nick} could not connect to the server", nick=label),
            Message(
                "{nick} connects to {host}, port {port}",
                nick=label,
                host=host or "127.0.0.1",
                port=self._server.place.port,
            ),
            f"the connection failed: {refusal.strerror if refusal and refusal.strerror else refusal}",
            hint,
            blocks=not host or server.ended(),  # refused at one address only: the others may serve
        )
        return cause.add_cause(failure, server, ending, self._copies.source_of(server))
