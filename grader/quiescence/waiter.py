"""How long to wait for something: until it is there, or until it is proved that it will not come.

Evidence, strongest first: the program is dead; it is idle (a consistent cut: see idle.py) with nothing on its way; it only
waits with limits, has run since, taken nothing more in, and given no sign for three times its longest wait; it has used seconds
of processor time and done nothing. A program that gets no processor is not judged at all: Inconclusive.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

from grader.model.errors import CheckFailed, GraderError, Inconclusive
from grader.model.limits import Limits
from grader.programs.program import Programs
from grader.quiescence import threads
from grader.quiescence.sockets import Watcher
from grader.quiescence.threads import Activity, Reading
from grader.system import procfs
from grader.system.processes import LINUX
from grader.system.sockdiag import ESTABLISHED, LISTEN, SYN_RECV, SYN_SENT, TcpSocket
from grader.wire.loop import Loop
from grader.wire.peer import Peer

_QUICK = 0.002  # seconds: what an answer usually takes at most; only then is /proc asked
_LONGEST_TURN = 0.02  # seconds between two looks
_UNREAD_STEADY = (
    0.03  # seconds for which a program has left bytes unread, while it rests, to say that it will not read them
)
_UNSENT_STEADY = 1.0  # the same for bytes still in the sender's queue: the kernel may be late to move them
_QUIET_LEAST, _QUIET_MOST = 2.5, threads.FOREVER  # seconds without a sign from a program that waits with limits
_BUSY_TIME = 3.0  # seconds of processor time used without a sign
_BUSY_REST = 0.05  # the same, after which a program that never waits has surely dealt with what it has read
_START_QUIET_LEAST, _START_BUSY_TIME, _START_CEILING = 8.0, 15.0, 30.0  # the same until it listens: some count down
_CEILING = 60.0  # seconds of wall-clock: the last resort
_CONNECT = 20.0  # seconds
_ELSEWHERE_REST = 0.2  # seconds of silence that count as rest where /proc does not exist
_ELSEWHERE = 5.0  # seconds of silence that count as proof where /proc does not exist
_ALIVE_STATES = 0xFFF & ~(1 << 6 | 1 << 7)  # all but TIME_WAIT and CLOSE


class Ending(Enum):
    """Why a wait ended without what was waited for."""

    DEAD = "the program has ended"
    IDLE = "every thread of the program waits, and nothing is on its way"
    QUIET = "the program only waits, and has given no sign for several times its longest wait"
    BUSY = "the program is busy without doing anything"


class Waiter:
    """Watches one program from beside its loop. `excluded` holds local ports of peers that do not read on purpose."""

    def __init__(self, programs: Programs, loop: Loop, watcher: Watcher, limits: Limits | None = None) -> None:
        self.programs = programs
        self.limits = limits or Limits()
        self._ends = time.monotonic() + self.limits.seconds
        self.loop = loop
        self.watcher = watcher
        self.starting = True  # it does not listen yet
        self.sees = LINUX and procfs.tells_enough()
        self.excluded: set[int] = set()
        self.last_sign = time.monotonic()

    def require_within_limits(self) -> None:
        """CheckFailed if the programs use too much; GraderError if the check lasts too long, maybe by the machine's fault."""
        self.programs.require_within(self.limits)
        if time.monotonic() > self._ends:
            raise GraderError(f"the check has taken {self.limits.seconds:,} seconds, the limit of this run")

    def sign(self) -> None:
        """Something was done to the program just now: what follows from it may still come."""
        self.last_sign = time.monotonic()

    def wait(self, until: Callable[[], bool], busy_time: float = _BUSY_TIME) -> Ending | None:
        """None as soon as `until()` holds; otherwise why it never will.

        A program that has used `busy_time` seconds of the processor without a sign counts as busy without an end.
        """
        self.programs.drain()
        if until() or self._comes_at_once(until):
            return None
        watch = _Wait(self, _START_BUSY_TIME if self.starting else busy_time)
        while True:
            ending = watch.look()
            if until():
                return None
            if ending:
                return ending
            if self._turn(watch.turn) and until():
                return None

    def _comes_at_once(self, until: Callable[[], bool]) -> bool:
        """Whether `until()` holds within the time that an answer usually takes."""
        quick = time.monotonic() + _QUICK
        while time.monotonic() < quick:
            if self._turn(_QUICK) and until():
                return True
        return False

    def _turn(self, seconds: float) -> bool:
        """Let the loop turn for so long at most; whether it had something to do, which is then taken in."""
        if not self.loop.pump(seconds):
            return False
        self.programs.drain()
        return True

    def until_connected(self, peer: Peer) -> None:
        """Let a peer connect. A full backlog makes the kernel try again after 1, 3 and 7 seconds, while the server rests."""
        deadline = time.monotonic() + _CONNECT
        while not (peer.connected or peer.refusal):
            self.loop.pump(_LONGEST_TURN)
            self.require_within_limits()
            if time.monotonic() > deadline or not self.programs.pids():
                if threads.read(self.programs.pids()).activity is Activity.BUSY:
                    raise Inconclusive(
                        f"no connection within {_CONNECT:.0f} seconds: the machine gave the program no time"
                    )
                peer.give_up()

    def rest(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the program has read everything and waits for more; whether nothing more can come of what was sent.

        A program whose waits have limits may rest and still act later: False. So may one that never stops computing.
        With `until`, that is enough, too; it returns False then.
        """
        self.programs.drain()
        watch = _Wait(self, _START_BUSY_TIME if self.starting else _BUSY_TIME)
        while not until():
            ending = watch.look()
            if ending or watch.resting:
                return ending in (Ending.IDLE, Ending.DEAD)
            self._turn(watch.turn)
        return False

    def pending(self) -> tuple[tuple[TcpSocket, ...], bool, bool]:
        """All sockets that matter, and whether any holds unread bytes (or connections), and unsent ones."""
        found = tuple(self.watcher.connections(_ALIVE_STATES))
        ends = {(one.port, one.peer_port) for one in found}
        judged = [one for one in found if one.port not in self.excluded and one.peer_port not in self.excluded]
        unread = self.programs.unread() or any(one.unread for one in judged)
        # The rest of a long message may still be here while the kernel's queues are empty for a moment.
        unsent = self.loop.has_to_write or any(
            (one.unsent and one.state != LISTEN)
            or one.state in (SYN_SENT, SYN_RECV)
            # its other end is gone without a trace: a reset is still on its way to it
            or (one.state == ESTABLISHED and (one.peer_port, one.port) not in ends)
            for one in judged
        )
        return found, unread, unsent


class _Wait:
    """One wait's memory of what it has seen."""

    def __init__(self, patience: Waiter, busy_time: float) -> None:
        self._patience, self._busy_time = patience, busy_time
        self._start = time.monotonic()
        self._received = patience.loop.received
        self._signs = self._present_signs()
        self._cut: tuple[tuple[TcpSocket, ...], object] | None = None
        self._cut_since = self._start
        self._run_time = -1
        self._shown = patience.loop.shown
        self._queues: object = None
        self._limited: dict[int, str] = {}  # threads that wait with a limit, as they were at the last sign
        self.longest = 0.0
        self.resting = False  # everything is read, and it waits with a limit, or computes on and on
        self.turn = 0.0003

    def look(self) -> Ending | None:
        """Look once; the ending if there is proof."""
        self.turn = min(self.turn * 2, _LONGEST_TURN)
        patience, now = self._patience, time.monotonic()
        if patience.loop.flood:
            raise CheckFailed(patience.loop.flood)
        patience.require_within_limits()
        self._received = patience.loop.received
        signs = self._present_signs()
        if signs != self._signs:
            self._signs = signs
            self._start = self._start if patience.starting else now
            self._signs_of_life()
        pids = patience.programs.pids()
        if not pids:
            patience.programs.drain()
            return Ending.DEAD
        if not patience.sees:
            self.resting = now - patience.last_sign > _ELSEWHERE_REST
            return Ending.QUIET if now - patience.last_sign > _ELSEWHERE else None
        if patience.starting and now - self._start > _START_CEILING:
            return Ending.QUIET
        if now - self._start > _CEILING:
            raise Inconclusive(f"no proof within {_CEILING:.0f} seconds: the machine gave the program no time")
        first = threads.read(pids)
        self.longest = max(self.longest, first.longest)
        if first.activity is Activity.BUSY:
            self._cut = None
            return self._busy(first)
        return self._at_rest(first, pids, now)

    def _present_signs(self) -> int:
        loop = self._patience.loop
        return loop.signs + self._patience.starting * loop.printed

    def _signs_of_life(self) -> None:
        """It has sent or taken in something: patience begins anew."""
        self._run_time = -1
        self._limited.clear()
        self._patience.sign()

    def _taken_in(self, sockets: tuple[TcpSocket, ...]) -> None:
        """Notice whether it has read since the last look. What it sends is a sign when it arrives, if it is one at all."""
        ours = self._patience.watcher.ours
        ends = ((one.port, one.peer_port, one.unread) for one in sockets)
        queues = tuple(end for end in ends if end[:2] not in ours)
        if queues != self._queues:
            if self._queues is not None:
                self._start = self._start if self._patience.starting else time.monotonic()
                self._signs_of_life()
            self._queues = queues

    def _busy(self, reading: Reading) -> Ending | None:
        sockets, unread, unsent = self._patience.pending()
        self._taken_in(sockets)
        if self._run_time < 0:
            self._run_time = reading.run_time
        used = (reading.run_time - self._run_time) / 1e9
        shown, self._shown = self._shown, self._patience.loop.shown  # who fills a terminal is not at rest
        self.resting = not unread and not unsent and used > _BUSY_REST and shown == self._shown
        return Ending.BUSY if used > self._busy_time else None

    def _at_rest(self, first: Reading, pids: list[int], now: float) -> Ending | None:
        patience = self._patience
        printed = patience.loop.printed
        sockets, unread, unsent = patience.pending()
        held_up = threads.is_held_up(first.threads)
        second = threads.read(pids)
        same_processes = patience.programs.pids() == pids
        patience.programs.drain()  # a program that waits for its output to be read is woken by this
        moved = (patience.loop.received, patience.loop.printed) != (self._received, printed)
        if second.threads != first.threads or not first.threads or not same_processes or moved or held_up:
            self._cut = None
            return None
        if first.activity is Activity.TIMED or any(map(procfs.may_be_woken_by_a_timer, pids)):
            self._taken_in(sockets)
            self.resting = not unread and not unsent
            return self._quiet(first, now)
        if not unread and not unsent:
            return Ending.IDLE
        cut = (sockets, first.threads)
        if self._cut is None or cut != self._cut:
            self._cut, self._cut_since = cut, now
            return None
        return Ending.IDLE if now - self._cut_since > (_UNSENT_STEADY if unsent else _UNREAD_STEADY) else None

    def _quiet(self, reading: Reading, now: float) -> Ending | None:
        """Time alone proves nothing on a machine that stands still: each thread with a limit must have run since, too."""
        for thread in reading.threads:
            self._limited.setdefault(thread.tid, thread.schedstat)
        have_run = all(
            self._limited[thread.tid] != thread.schedstat for thread in reading.threads if thread.tid in reading.limited
        )
        least = _START_QUIET_LEAST if self._patience.starting else _QUIET_LEAST
        quiet = min(max(least, 3 * self.longest), _QUIET_MOST)
        return Ending.QUIET if have_run and now - self._patience.last_sign > quiet else None
