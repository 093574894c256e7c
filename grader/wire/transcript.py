"""What happened on the wire of one check, in order: frozen events, told apart from how they are shown."""

from __future__ import annotations

import time

from grader.model.verdict import Event

_LONGEST = 2_000  # characters of one event that are kept for people; checks judge on the bytes themselves
_HEAD, _AROUND = 100, 1_000  # events shown from the beginning, and on each side of the one that is marked


class Transcript:
    """Collects the events of one check, in seconds since the server listened."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._events: list[tuple[float, str, str, bytes]] = []
        self._end: int | None = None

    def __len__(self) -> int:
        return len(self._events)

    def restart_clock(self) -> None:
        """Let time begin now."""
        self._start = time.monotonic()

    def add(self, who: str, direction: str, data: bytes) -> int:
        """Record that something was sent (out), received (in) or happened (note); return its place."""
        self._events.append((time.monotonic() - self._start, who, direction, data))
        return len(self._events) - 1

    def end_here(self) -> None:
        """What follows is clean-up, and no evidence: the first cause is kept."""
        if self._end is None:
            self._end = len(self._events)

    def last_sent(self, words: str, *, or_any: bool = False) -> int | None:
        """The place of the last event in which somebody sent these words, or else anything."""
        wanted = words.encode()
        places = range(len(self._events) - 1, -1, -1)
        sent = [at for at in places if self._events[at][2] == "out"]
        return next((at for at in sent if wanted in self._events[at][3]), sent[0] if sent and or_any else None)

    def beginning(self) -> tuple[Event, ...]:
        """The first events as text, and how many more there are: enough where nothing went wrong."""
        total = self._total()
        return self._shown([*range(min(_HEAD, total))], total, None, "")

    def events(self, marked: int | None = None, mark: str = "") -> tuple[Event, ...]:
        """The events as text, with `mark` at place `marked`; gaps in a very long conversation say what they leave out."""
        total = self._total()
        middle = total - 1 if marked is None else marked
        shown = [*range(min(_HEAD, total)), *range(max(_HEAD, middle - _AROUND), min(total, middle + _AROUND))]
        return self._shown(shown, total, marked, mark)

    def _total(self) -> int:
        return len(self._events) if self._end is None else self._end

    def _shown(self, shown: list[int], total: int, marked: int | None, mark: str) -> tuple[Event, ...]:
        events: list[Event] = []
        previous = -1
        for place in shown:
            if place != previous + 1:
                events.append(_gap(events, place - previous - 1))
            t, who, direction, data = self._events[place]
            events.append(Event(round(max(t, 0.0), 6), who, direction, _as_text(data), mark if place == marked else ""))
            previous = place
        if previous + 1 < total:
            events.append(_gap(events, total - previous - 1))
        return tuple(events)


def _gap(events: list[Event], count: int) -> Event:
    return Event(events[-1].t, "", "note", f"({count} events left out here)")


def _as_text(data: bytes) -> str:
    text = data[: _LONGEST * 4 + 4].decode("utf-8", "backslashreplace")
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]} ... (cut after {_LONGEST:,} characters of {len(data):,} bytes)"
