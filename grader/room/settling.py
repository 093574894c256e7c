"""Settling: after an action, wait until all its effects have arrived."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf

from grader.programs.program import Program, Programs
from grader.quiescence import threads
from grader.quiescence.sockets import Watcher
from grader.quiescence.waiter import Ending, Waiter
from grader.wire.loop import Loop
from grader.wire.peer import Peer

_SPINS = 0.5  # seconds of processor time: noticing that a connection has ended takes a thousandth of it


class Settling:
    """Decides when every action has been processed. It never sleeps for a fixed time: rest is proved."""

    def __init__(
        self, patience: Waiter, programs: Programs, loop: Loop, watcher: Watcher, fence: Callable[[], bool]
    ) -> None:
        """`fence` proves by messages that everything is processed, where rest proves nothing; False if it cannot."""
        self.patience = patience
        self._programs, self._loop, self._watcher, self._fence = programs, loop, watcher, fence
        self._settled_at = (-1, -1)
        self._actions = 0
        self._was_silent = False  # where no message proves rest, one full silence was waited for: later ones are short

    def wait_however_it_sleeps(self) -> None:
        """Have all the patience that proofs take: only servers are asked for their pace."""
        self.patience.patience = replace(self.patience.patience, asleep=inf)

    def acted(self) -> None:
        """Note an action of the grader, so that its effects are waited for."""
        self._actions += 1
        self.patience.sign()

    def wait(self, until: Callable[[], bool], *, in_doubt: bool = False) -> Ending | None:
        """Wait until `until()` holds and return None, or return the reason why it never will.

        `in_doubt`: it is known already that it will not, so that less is proof.
        """
        return self.patience.wait(until, in_doubt=in_doubt)

    def rest(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the program has read everything sent and rests (or `until`); return whether nothing more can come."""
        return self.patience.rest(until)

    def settle(self) -> None:
        """Wait until everything sent has been processed, and its effects have arrived here."""
        if self.is_settled():
            return
        if not self.rest() and not self._fence():
            self.patience.wait(lambda: False, in_doubt=self._was_silent)
            self._was_silent = True
        self._settled_at = (self._actions, self._loop.received)

    def is_settled(self) -> bool:
        """Whether `settle` has proved it, and nothing was done or received since."""
        return self._settled_at == (self._actions, self._loop.received)

    @property
    def spent(self) -> tuple[float, bool]:
        """Seconds of waiting in which the program slept, what was for nothing twice; whether it was found in an endless loop."""
        return self.patience.asleep + self.patience.fruitless, self.patience.spins

    def spins(self, program: Program) -> bool:
        """Whether a program that should rest now, or end, runs in an endless loop."""
        return self.patience.wait(program.ended, busy_time=_SPINS) is Ending.BUSY

    def taken_in(self, peer: Peer) -> bool:
        """Whether the program has read every byte that the peer sent so far."""
        self._programs.drain()
        return peer.unsent == 0 and self._watcher.unread(peer) == 0

    def outwait(self) -> None:
        """Do nothing until each wait with a time limit that a thread is in now has run out; without such waits, not at all."""
        waiting = self._limited()

        def have_run_out() -> bool:
            return not waiting.items() & self._limited().items()

        self.patience.wait(have_run_out)

    def _limited(self) -> dict[int, str]:
        """The threads that are in a wait with a limit, each with the time that it has run so far."""
        reading = threads.read(self._programs.pids())
        return {one.tid: one.schedstat for one in reading.threads if one.tid in reading.limited}

    @contextlib.contextmanager
    def paused_reading(self, peer: Peer) -> Iterator[None]:
        """Within the block a peer does not read; bytes that pile up for it do not count as on their way."""
        peer.pause()
        self.patience.excluded.add(peer.port)
        try:
            yield
        finally:
            self.patience.excluded.discard(peer.port)
            peer.resume()
            self.acted()

    def stall(self, peer: Peer) -> None:
        """Stop a peer's reading for good; bytes that pile up for it no longer count as on their way."""
        peer.pause()
        peer.set_receive_buffer(4096)
        self.patience.excluded.add(peer.port)
