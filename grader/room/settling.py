"""Settling: after an act, wait until all that follows from it is there."""

from __future__ import annotations

from collections.abc import Callable

from grader.programs.program import Program, Programs
from grader.quiescence.sockets import Watcher
from grader.quiescence.waiter import Ending, Waiter
from grader.wire.loop import Loop
from grader.wire.peer import Peer

_SPINS = 0.5  # seconds of processor time: noticing that a connection has ended takes a thousandth of it


class Settling:
    """Tells when everything that was done has been dealt with. It never sleeps for a fixed time: an end is proved."""

    def __init__(
        self, patience: Waiter, programs: Programs, loop: Loop, watcher: Watcher, fence: Callable[[], bool]
    ) -> None:
        """`fence` proves by messages that all is dealt with, where rest proves nothing; False if it cannot."""
        self.patience = patience
        self._programs, self._loop, self._watcher, self._fence = programs, loop, watcher, fence
        self._settled_at = (-1, -1)
        self._actions = 0

    def acted(self) -> None:
        """Note that something was done: what follows from it is still to come."""
        self._actions += 1
        self.patience.sign()

    def wait(self, until: Callable[[], bool]) -> Ending | None:
        """None as soon as `until()` holds; why it never will, otherwise."""
        return self.patience.wait(until)

    def rest(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the program has read what was sent and rests (or `until`); whether that proves that no more will come."""
        return self.patience.rest(until)

    def settle(self) -> None:
        """Wait until all that was sent has been dealt with, and its effects have arrived here."""
        if self._settled_at == (self._actions, self._loop.received):
            return
        if not self.rest() and not self._fence():
            self.patience.wait(lambda: False)
        self._settled_at = (self._actions, self._loop.received)

    def spins(self, program: Program) -> bool:
        """Whether a program that should rest now, or end, runs in an endless loop."""
        return self.patience.wait(program.ended, busy_time=_SPINS) is Ending.BUSY

    def taken_in(self, peer: Peer) -> bool:
        """Whether the program has read every byte that the peer sent so far."""
        self._programs.drain()
        return peer.unsent == 0 and self._watcher.unread(peer) == 0

    def stall(self, peer: Peer) -> None:
        """Let a peer stop reading for good; what piles up for it does not count as on its way."""
        peer.pause()
        peer.set_receive_buffer(4096)
        self.patience.excluded.add(peer.port)
