"""Waiting for an event until it happens, or until it is proved that it will not.

The proofs, strongest first: the program is dead; it is idle (a consistent cut: see threads.py) with nothing on its way; it
only waits with time limits, has run and read nothing since, and given no sign for three times its longest wait; it has used
seconds of processor time without a sign. A program that gets no processor time is not judged: Inconclusive. One that gives
signs but sleeps for longer than a check waits for that in all is not waited for: OutOfPatience.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

from grader.model.errors import CheckFailed, GraderError, Inconclusive, OutOfPatience
from grader.model.limits import Limits
from grader.model.patience import Patience
from grader.programs.program import Programs
from grader.quiescence import threads
from grader.quiescence.sockets import Watcher
from grader.quiescence.threads import Activity, Reading
from grader.system import procfs
from grader.system.processes import LINUX
from grader.system.sockdiag import ESTABLISHED, LISTEN, SYN_RECV, SYN_SENT, TcpSocket
from grader.wire.loop import Loop
from grader.wire.peer import Peer

_QUICK = 0.002  # seconds: most answers come within this time; only later is /proc read
_LONGEST_TURN = 0.02  # seconds between two looks
_UNREAD_STEADY = (
    0.03  # seconds for which a program has left bytes unread, while it rests, to say that it will not read them
)
_UNSENT_STEADY = 1.0  # the same for bytes still in the sender's queue: the kernel may be late to move them
_QUIET_LEAST, _QUIET_MOST = 2.5, threads.FOREVER  # seconds without a sign from a program that waits with limits
_QUIET_IN_DOUBT = 0.3  # the same where what is awaited is known not to come
_QUIET_LATE, _LATE_MOST = 1.0, 1.5  # the same when the patience with its sleep has ended; seconds until the check ends
_BUSY_TIME, _BUSY_TIME_KNOWN = 3.0, 0.6  # seconds of processor time used without a sign; the same of one known to spin
_SLEEP = 0.03  # seconds: whoever polls more often than that works, however little at a time
_LONGEST_LOOK = 0.03  # seconds between two looks that count as sleep: in longer ones it was we who slept
_BUSY_REST = 0.05  # the same, after which a program that never waits has surely processed all that it has read
_START_QUIET_LEAST, _START_BUSY_TIME, _START_CEILING = 8.0, 15.0, 30.0  # the same until it listens: some count down
_CEILING = 60.0  # seconds of wall-clock: the last resort
_CONNECT = 20.0  # seconds
_ELSEWHERE_REST = 0.2  # seconds of silence that count as rest where /proc does not exist
_ELSEWHERE = 5.0  # seconds of silence that count as proof where /proc does not exist
_ALIVE_STATES = 0xFFF & ~(1 << 6 | 1 << 7)  # all but TIME_WAIT and CLOSE


class Ending(Enum):
    """The proof that ended a wait for an event that never came."""

    DEAD = "the program has ended"
    IDLE = "every thread of the program waits, and nothing is on its way"
    QUIET = "the program only waits, and has given no sign for several times its longest wait"
    BUSY = "the program is busy without doing anything"


class Waiter:
    """Waits for events of the programs of a check.

    `excluded` holds the ports of peers that do not read on purpose. `sees`: /proc shows the activity of threads.
    """

    def __init__(
        self,
        programs: Programs,
        loop: Loop,
        watcher: Watcher,
        limits: Limits | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.programs = programs
        self.limits = limits or Limits()
        self.patience = patience or Patience()
        self.asleep = 0.0  # seconds of all waits so far in which the program slept, or ran in circles
        self.fruitless = 0.0  # the same of those waits for nothing
        self.spins = False  # it was found in an endless loop
        self._ends = time.monotonic() + self.limits.seconds
        self.loop = loop
        self.watcher = watcher
        self.starting = True  # the program does not listen yet
        self.sees = LINUX and procfs.tells_enough()
        self.excluded: set[int] = set()
        self.last_sign = time.monotonic()

    def require_within_limits(self) -> None:
        """Raise CheckFailed when the programs exceed a limit, GraderError when the check lasts too long."""
        self.programs.require_within(self.limits)
        if time.monotonic() > self._ends:
            raise GraderError(f"the check has taken {self.limits.seconds:,} seconds, the limit of this run")

    def sign(self) -> None:
        """Note that something was just done to the program, or by it: its consequences may still come."""
        self.last_sign = time.monotonic()

    def wait(
        self, until: Callable[[], bool], busy_time: float = _BUSY_TIME, *, in_doubt: bool = False
    ) -> Ending | None:
        """Wait until `until()` holds; else return the proof that it never will.

        A program that has used `busy_time` seconds of processor time without a sign is in an endless loop. `in_doubt`: it is
        known already that the program does not do this, so that less is proof. Raises CheckFailed on a flood or an exceeded
        limit, OutOfPatience, GraderError or Inconclusive when the check or the wait lasts too long.
        """
        self.programs.drain()
        if until() or self._comes_at_once(until):
            return None
        if self.patience.spins or in_doubt:
            busy_time = min(busy_time, _BUSY_TIME_KNOWN)
        wait = _Wait(self, _START_BUSY_TIME if self.starting else busy_time, in_doubt=in_doubt)
        while True:
            ending = wait.look()
            if until():
                return None
            if ending:
                self._note(ending, wait)
                return ending
            if self._turn(wait.turn) and until():
                return None

    def _note(self, ending: Ending, wait: _Wait) -> None:
        """Keep what a wait for nothing has found out about the program."""
        if ending is Ending.BUSY:
            self.asleep += wait.busy_time
            self.spins = True
        self.fruitless += self.asleep - wait.asleep_before

    def _comes_at_once(self, until: Callable[[], bool]) -> bool:
        """Whether `until()` holds within _QUICK seconds."""
        quick = time.monotonic() + _QUICK
        while time.monotonic() < quick:
            if self._turn(_QUICK) and until():
                return True
        return False

    def _turn(self, seconds: float) -> bool:
        """Serve the loop for so long at most; after an event, read everything that is there. Whether there was an event."""
        if not self.loop.pump(seconds):
            return False
        self.programs.drain()
        return True

    def until_connected(self, peer: Peer) -> None:
        """Wait until a peer is connected or refused; after 20 seconds, or the program's end, give up.

        With a full backlog, the kernel tries again after 1, 3 and 7 seconds, while the server rests: tcp(7). Raises
        Inconclusive when a busy server has had no time to accept.
        """
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
        """Wait until the program has read everything and waits for more, or until `until()` holds.

        True if it is proved that no consequence of earlier actions can still come. False if `until()` holds, or if the
        program may act later by itself: its waits have time limits, or it never stops computing. Raises as `wait` does.
        """
        self.programs.drain()
        wait = _Wait(self, _START_BUSY_TIME if self.starting else _BUSY_TIME)
        while not until():
            ending = wait.look()
            if ending or wait.resting:
                return ending in (Ending.IDLE, Ending.DEAD)
            self._turn(wait.turn)
        return False

    def pending(self) -> tuple[tuple[TcpSocket, ...], bool, bool]:
        """All sockets of the programs and peers; whether data or a connection is unread; and whether any is unsent."""
        sockets = tuple(self.watcher.connections(_ALIVE_STATES))
        ends = {(end.port, end.peer_port) for end in sockets}
        judged = [end for end in sockets if end.port not in self.excluded and end.peer_port not in self.excluded]
        unread = self.programs.unread() or any(end.unread for end in judged)
        # The rest of a long message may still be in our buffer while the kernel's queues are empty for a moment.
        unsent = self.loop.has_to_write or any(
            (end.unsent and end.state != LISTEN)
            or end.state in (SYN_SENT, SYN_RECV)
            # the other end no longer exists: a reset from it is still on its way
            or (end.state == ESTABLISHED and (end.peer_port, end.port) not in ends)
            for end in judged
        )
        return sockets, unread, unsent


class _Wait:
    """The observations of a single wait."""

    def __init__(self, waiter: Waiter, busy_time: float, *, in_doubt: bool = False) -> None:
        self._waiter, self.busy_time, self._in_doubt = waiter, busy_time, in_doubt
        self._start = self._looked = time.monotonic()
        self._sleeps = False  # whether it did at the last look
        self.asleep_before = waiter.asleep
        self._received = waiter.loop.received
        self._signs = self._present_signs()
        self._cut: tuple[tuple[TcpSocket, ...], object] | None = None
        self._cut_since = self._start
        self._run_time = -1
        self._shown = waiter.loop.shown
        self._queues: object = None
        self._limited: dict[int, str] = {}  # thread id -> schedstat, first seen since the last sign
        self.longest = 0.0  # seconds: the longest time limit of a wait so far
        self.resting = False  # everything is read, and the program waits with a limit, or never stops computing
        self.turn = 0.0003  # seconds until the next look

    def look(self) -> Ending | None:
        """Observe the programs once; return an ending if it is proved. Raises as `Waiter.wait` does."""
        self.turn = min(self.turn * 2, _LONGEST_TURN)
        waiter, now = self._waiter, time.monotonic()
        if self._sleeps and not waiter.starting:
            waiter.asleep += min(now - self._looked, _LONGEST_LOOK)
        self._looked, self._sleeps = now, False
        if waiter.loop.flood:
            raise CheckFailed(waiter.loop.flood)
        waiter.require_within_limits()
        self._received = waiter.loop.received
        signs = self._present_signs()
        if signs != self._signs:
            self._signs = signs
            self._start = self._start if waiter.starting else now
            self._begin_anew()
        pids = waiter.programs.pids()
        if not pids:
            waiter.programs.drain()
            return Ending.DEAD
        if not waiter.sees:
            self.resting = now - waiter.last_sign > _ELSEWHERE_REST
            return Ending.QUIET if now - waiter.last_sign > _ELSEWHERE else None
        if waiter.starting and now - self._start > _START_CEILING:
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
        loop = self._waiter.loop
        return loop.signs + self._waiter.starting * loop.printed

    def _begin_anew(self) -> None:
        """Begin the wait anew: the program has sent or read something."""
        self._run_time = -1
        self._limited.clear()
        self._waiter.sign()

    def _note_reading(self, sockets: tuple[TcpSocket, ...]) -> None:
        """Count it as a sign if the program has read since the last look. Data that it sends counts when it arrives."""
        ours = self._waiter.watcher.ours
        ends = ((end.port, end.peer_port, end.unread) for end in sockets)
        queues = tuple(end for end in ends if end[:2] not in ours)
        if queues != self._queues:
            if self._queues is not None:
                self._start = self._start if self._waiter.starting else time.monotonic()
                self._begin_anew()
            self._queues = queues

    def _busy(self, reading: Reading) -> Ending | None:
        sockets, unread, unsent = self._waiter.pending()
        self._note_reading(sockets)
        if self._run_time < 0:
            self._run_time = reading.run_time
        used = (reading.run_time - self._run_time) / 1e9
        shown, self._shown = self._shown, self._waiter.loop.shown  # a program that fills a terminal is not at rest
        self.resting = not unread and not unsent and used > _BUSY_REST and shown == self._shown
        return Ending.BUSY if used > self.busy_time else None

    def _at_rest(self, first: Reading, pids: list[int], now: float) -> Ending | None:
        waiter = self._waiter
        printed = waiter.loop.printed
        sockets, unread, unsent = waiter.pending()
        held_up = threads.is_held_up(first.threads)
        second = threads.read(pids)
        same_processes = waiter.programs.pids() == pids
        waiter.programs.drain()  # wakes a program that waits for its output to be read
        moved = (waiter.loop.received, waiter.loop.printed) != (self._received, printed)
        if second.threads != first.threads or not first.threads or not same_processes or moved or held_up:
            self._cut = None
            return None
        if first.activity is Activity.TIMED or any(map(procfs.may_be_woken_by_a_timer, pids)):
            self._note_reading(sockets)
            self.resting = not unread and not unsent
            self._sleeps = self.longest >= _SLEEP
            return self._quiet(first, now)
        if not unread and not unsent:
            return Ending.IDLE
        cut = (sockets, first.threads)
        if self._cut is None or cut != self._cut:
            self._cut, self._cut_since = cut, now
            return None
        return Ending.IDLE if now - self._cut_since > (_UNSENT_STEADY if unsent else _UNREAD_STEADY) else None

    def _quiet(self, reading: Reading, now: float) -> Ending | None:
        """QUIET after long enough a silence, in which each thread with a limit has run: the machine may have stood still."""
        for thread in reading.threads:
            self._limited.setdefault(thread.tid, thread.schedstat)
        have_run = all(
            self._limited[thread.tid] != thread.schedstat for thread in reading.threads if thread.tid in reading.limited
        )
        enough = min(self._quiet_enough(), _QUIET_MOST)
        return Ending.QUIET if have_run and now - self._waiter.last_sign > enough else None

    def _quiet_enough(self) -> float:
        """Seconds without a sign that are enough here. Raises OutOfPatience when the program has slept for too long."""
        waiter = self._waiter
        if waiter.starting:
            return max(_START_QUIET_LEAST, 3 * self.longest)
        most = waiter.patience.asleep
        if waiter.asleep > most + _LATE_MOST:
            raise OutOfPatience(f"the program sleeps for longer than {most:.0f} seconds in all")
        if self._in_doubt:
            return _QUIET_IN_DOUBT
        return _QUIET_LATE if waiter.asleep > most else max(_QUIET_LEAST, 3 * self.longest)
