"""When patience ends: what may still be on its way to a program that rests, and what proves that nothing is."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from grader.model.errors import OutOfPatience
from grader.model.patience import Patience
from grader.quiescence import threads
from grader.quiescence.threads import Activity, Reading
from grader.quiescence.waiter import Ending, Waiter
from grader.system import procfs
from grader.system.sockdiag import ESTABLISHED, TcpSocket

OURS, THEIRS = 40_000, 65_433
THREADS = (procfs.ThreadReading(1, "45 0x3", "1 1 1"),)


def connection(unread: int = 0, unsent: int = 0) -> tuple[TcpSocket, TcpSocket]:
    """The program's end of a connection, with so many bytes unread, and ours, with so many unsent."""
    return (
        TcpSocket(ESTABLISHED, "127.0.0.1", THEIRS, "127.0.0.1", OURS, unread, 0, 1),
        TcpSocket(ESTABLISHED, "127.0.0.1", OURS, "127.0.0.1", THEIRS, 0, unsent, 2),
    )


@pytest.fixture
def patience(monkeypatch):
    """Tell how to have patience with a program whose threads all wait without a limit, and that has this connection."""
    monkeypatch.setattr(threads, "read", lambda _: Reading(Activity.IDLE, 0.0, THREADS, frozenset(), 1))
    monkeypatch.setattr(threads, "is_held_up", lambda _: False)
    monkeypatch.setattr(procfs, "may_be_woken_by_a_timer", lambda _: False)

    def over(sockets: tuple[TcpSocket, ...]) -> Waiter:
        programs: Any = SimpleNamespace(
            pids=lambda: [1], unread=lambda: False, drain=lambda: None, require_within=lambda _: None
        )
        loop: Any = SimpleNamespace(
            received=0, printed=0, shown=0, signs=0, flood=None, has_to_write=False, pump=lambda _: False
        )
        watcher: Any = SimpleNamespace(connections=lambda _: sockets, ours=set())
        made = Waiter(programs, loop, watcher)
        made.sees, made.starting = True, False
        return made

    return over


@pytest.mark.parametrize(("unread", "unsent"), [(0, 0), (5, 0), (0, 5), (5, 5)])
def test_what_is_on_its_way_is_seen(patience, unread, unsent):
    """Bytes that a program has not read, and those that have not been sent to it, are told apart."""
    assert patience(connection(unread, unsent)).pending()[1:] == (bool(unread), bool(unsent))


def test_at_rest_with_nothing_on_its_way_is_proof(patience):
    """The first look at a program that waits for ever, with all queues empty, decides."""
    assert patience(connection()).wait(lambda: False) is Ending.IDLE


@pytest.mark.parametrize(("unread", "unsent"), [(5, 0), (0, 5)])
def test_bytes_on_their_way_are_no_proof_yet(patience, unread, unsent):
    """While bytes are on their way, what is waited for may still come, though every thread seems to rest."""
    looks = iter(range(1000))
    assert patience(connection(unread, unsent)).wait(lambda: next(looks) > 4) is None


def sleeping(monkeypatch, made: Waiter, limit: float) -> Waiter:
    """Have the program sleep for so long at a time, and give a sign at each look."""
    runs = iter(range(10**9))

    def read(_: Any) -> Reading:
        made.loop.signs += 1
        one = procfs.ThreadReading(1, "230 0", str(next(runs) // 2))
        return Reading(Activity.TIMED, limit, (one,), frozenset([1]), 1)

    monkeypatch.setattr(threads, "read", read)
    return made


def test_a_program_that_sleeps_and_goes_on_is_not_waited_for(patience, monkeypatch):
    """Signs that come after one sleep after another end when the check's patience with sleep does."""
    made = sleeping(monkeypatch, patience(connection()), 0.5)
    made.patience, made.asleep = Patience(asleep=1.0), 2.49
    clock = iter(float(tick) / 20 for tick in range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with pytest.raises(OutOfPatience):
        made.wait(lambda: False)


def test_short_polls_are_work(patience, monkeypatch):
    """A program that looks every hundredth of a second does not count as asleep meanwhile."""
    made = sleeping(monkeypatch, patience(connection()), 0.01)
    looks = iter(range(10**6))
    assert made.wait(lambda: next(looks) > 300) is None
    assert made.asleep == 0
