"""What is waited out: the waits with a limit that a program is in at that moment, each once, and no others."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from grader.quiescence import threads
from grader.quiescence.threads import Activity, Reading
from grader.room.settling import Settling
from grader.system.procfs import ThreadReading


def reading(limited: dict[int, str], unlimited: dict[int, str]) -> Reading:
    """Threads by their id, each with the time it has run: those whose wait has a limit, and the others."""
    found = tuple(ThreadReading(tid, "7", run) for tid, run in {**limited, **unlimited}.items())
    return Reading(Activity.TIMED if limited else Activity.IDLE, 5.0 if limited else 0.0, found, frozenset(limited), 0)


def looks_needed(monkeypatch: pytest.MonkeyPatch, readings: list[Reading]) -> int:
    """How many of these readings are taken until all is waited out."""
    left = readings[:]
    monkeypatch.setattr(threads, "read", lambda _: left.pop(0))

    def wait(until: Callable[[], bool]) -> None:
        while not until():
            pass

    nothing: Any = SimpleNamespace(pids=list)
    patience: Any = SimpleNamespace(wait=wait)
    Settling(patience, nothing, nothing, nothing, lambda: True).outwait()
    return len(readings) - len(left)


def test_every_limited_wait_runs_out_once(monkeypatch):
    """It ends when each thread that waited with a limit has run since, though it may wait anew, or is gone."""
    steps = [
        reading({1: "5", 2: "8", 3: "2"}, {4: "1"}),
        reading({1: "5", 2: "8", 3: "2"}, {4: "1"}),
        reading({1: "6", 2: "8", 3: "2"}, {4: "1"}),
        reading({1: "6", 2: "9"}, {4: "1"}),
        reading({1: "7", 2: "9"}, {4: "1"}),
    ]
    assert looks_needed(monkeypatch, steps) == 4


def test_without_a_limited_wait_nothing_is_waited_out(monkeypatch):
    """A program whose threads all wait for ever costs no time."""
    assert looks_needed(monkeypatch, [reading({}, {1: "5"})] * 9) == 2
