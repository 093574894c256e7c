"""Waiting in tests: for a condition by its name, never for a number of seconds in the hope that it holds then."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from grader.batch.store import NAME
from grader.wire.loop import Loop

_INTERVAL = 0.005  # seconds between two looks
_LIMIT = 120  # seconds: only a test that fails waits so long


def until(
    condition: Callable[[], object], loop: Loop | None = None, *, otherwise: Callable[[], object] = lambda: ""
) -> None:
    """Poll until the condition holds, and serve the loop meanwhile; `otherwise` tells what there was when it never did."""
    deadline = time.monotonic() + _LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"it never became so: {otherwise()}"
        if loop:
            loop.pump(_INTERVAL)
        else:
            time.sleep(_INTERVAL)


def saved(results: Path, rows: str) -> int:
    """At least how many of these rows (`<table> [WHERE ...]`) the store of a run has so far; 0 where it cannot be told yet."""
    if not (results / f"{NAME}-wal").exists():  # a reader must not be in the way while the store is made
        return 0
    try:
        return _count(f"file:{results}/{NAME}?mode=ro", rows)
    except sqlite3.OperationalError:  # its tables are not there yet, or it is just being opened
        return 0


def has_saved(results: Path, rows: str, least: int) -> bool:
    """Whether the store of a run is there, and has at least so many of these rows."""
    return (results / NAME).exists() and saved(results, rows) >= least


def kept(results: Path, rows: str) -> int:
    """How many of these rows the store of a run that has ended holds, killed or not."""
    return _count(f"file:{results}/{NAME}", rows)


def _count(store: str, rows: str) -> int:
    """The number of these rows in the store at a URI of SQLite's."""
    with contextlib.closing(sqlite3.connect(store, uri=True)) as database:
        (count,) = database.execute(f"SELECT count(*) FROM {rows}").fetchone()
        return int(count)
