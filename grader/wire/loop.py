"""The event loop of a check: one thread, one selector.

A peer that does not read could block the server under test, and a program stops when its output is not read. So every wait
of a check is a turn of this loop, which reads from all descriptors.
"""

from __future__ import annotations

import contextlib
import selectors
import time
from collections.abc import Callable
from typing import Protocol

from grader.model.verdict import Failure

_MOST_TURNS = 2_000  # of one drain: a check's own traffic takes a few hundred


class Descriptor(Protocol):
    """A source of events: an object with a file descriptor that the loop serves."""

    def fileno(self) -> int:
        """The file descriptor."""

    def on_readable(self) -> None:
        """Read what is there, without blocking."""

    def on_writable(self) -> None:
        """Write pending data, without blocking."""


class Loop:
    """Serves all sources, and holds their common counters.

    `received` grows with all that peers and terminals receive, `printed` with the bytes that programs print, `shown` with
    those on a terminal, `signs` with everything but repetitions such as a clock or a ping.
    """

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.received = 0
        self.printed = 0
        self.shown = 0
        self.signs = 0
        self.concerns: Callable[[str], bool] = lambda _: True  # whether a line can be an answer to anything
        self.flood: Failure | None = None  # set when a program sends or prints without an end

    def add(self, source: Descriptor) -> None:
        """Serve a source from now on, for reading only."""
        self._selector.register(source.fileno(), selectors.EVENT_READ, source)

    def want(self, source: Descriptor, *, read: bool, write: bool) -> None:
        """Change the events that a source is served for; without any, it is not served."""
        events = selectors.EVENT_READ * read | selectors.EVENT_WRITE * write
        with contextlib.suppress(KeyError):
            self._selector.unregister(source.fileno())
        if events:
            self._selector.register(source.fileno(), events, source)

    @property
    def has_to_write(self) -> bool:
        """Whether a source has data that it could not write yet."""
        return any(key.events & selectors.EVENT_WRITE for key in self._selector.get_map().values())

    def remove(self, source: Descriptor) -> None:
        """Stop serving a source; must be called before it is closed."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(source.fileno())

    def pump(self, timeout: float = 0.0) -> bool:
        """Wait up to `timeout` seconds for an event, then serve all that are ready; whether there were any."""
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
        """Serve until nothing is ready, at most _MOST_TURNS times: a source may send without an end."""
        for _ in range(_MOST_TURNS):
            if not self.pump():
                return

    def close(self) -> None:
        """Close the selector."""
        self._selector.close()
