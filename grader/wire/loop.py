"""One thread, one selector: whoever has something to read is read, at once and always.

A probe that does not read could block the server it judges, and a program whose output nobody drains stops. So every wait
of a check is a turn of this loop.
"""

from __future__ import annotations

import contextlib
import selectors
import time
from typing import Protocol

from grader.model.verdict import Failure

_MOST_TURNS = 2_000  # of one drain: a check's own traffic takes a few hundred


class Descriptor(Protocol):
    """Something the loop looks after."""

    def fileno(self) -> int:
        """Its descriptor."""

    def on_readable(self) -> None:
        """Read what there is, without blocking."""

    def on_writable(self) -> None:
        """Write what waits, without blocking."""


class Loop:
    """Pumps all sources.

    `received` grows whenever a peer got something, `printed` whenever a program printed (`shown`: on a terminal), `signs`
    when what came is not the same over and over, as a clock or a ping is.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.received = 0
        self.printed = 0
        self.shown = 0
        self.signs = 0
        self.flood: Failure | None = None  # somebody was sent far more than any check can cause

    def add(self, source: Descriptor) -> None:
        """Look after a source from now on, reading only."""
        self._selector.register(source.fileno(), selectors.EVENT_READ, source)

    def want(self, source: Descriptor, *, read: bool, write: bool) -> None:
        """Change what a source waits for; with neither, it is left alone."""
        events = selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
        with contextlib.suppress(KeyError):
            self._selector.unregister(source.fileno())
        if events:
            self._selector.register(source.fileno(), events, source)

    @property
    def has_to_write(self) -> bool:
        """Whether a source holds something that it could not write yet."""
        return any(key.events & selectors.EVENT_WRITE for key in self._selector.get_map().values())

    def remove(self, source: Descriptor) -> None:
        """Forget a source, before it is closed."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source.fileno())

    def pump(self, timeout: float = 0.0) -> bool:
        """Wait up to `timeout` seconds for anything, then serve all that is ready; whether there was anything."""
        if not self._selector.get_map():
            time.sleep(timeout)
            return False
        ready = self._selector.select(timeout)
        for key, events in ready:
            if events & selectors.EVENT_READ:
                key.data.on_readable()
            if events & selectors.EVENT_WRITE:
                key.data.on_writable()
        return bool(ready)

    def drain(self) -> None:
        """Serve until nothing is ready any more; from somebody who sends without an end, only so much at a time."""
        for _ in range(_MOST_TURNS):
            if not self.pump():
                return

    def close(self) -> None:
        """Let go of the selector."""
        self._selector.close()
