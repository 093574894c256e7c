"""The transcript of a check: all that was sent, received and noted, in order."""

from __future__ import annotations

import time

from grader.model.verdict import Event

_LONGEST = 2_000  # characters of an event that are shown; checks judge by the uncut bytes
_HEAD, _AROUND = 100, 1_000  # events shown from the beginning, and on each side of the marked event


class Transcript:
    """Collects the events of a check, with times in seconds since the server began to listen."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._events: list[tuple[float, str, str, bytes]] = []
        self._end: int | None = None

    def __len__(self) -> int:
        return len(self._events)

    def restart_clock(self) -> None:
        """Let times count from now."""
        self._start = time.monotonic()

    def add(self, who: str, direction: str, data: bytes) -> int:
        """Record data that was sent (out) or received (in), or a remark (note); return the event's index."""
        self._events.append((time.monotonic() - self._start, who, direction, data))
        return len(self._events) - 1

    def end_here(self) -> None:
        """Leave out later events, which are clean-up and no evidence. Only the first call counts."""
        if self._end is None:
            self._end = len(self._events)

    def last_sent(self, words: str, *, or_any: bool = False) -> int | None:
        """The index of the last event that sent these words; with `or_any`, else of the last that sent anything."""
        encoded = words.encode()
        indices = range(len(self._events) - 1, -1, -1)
        sent = [at for at in indices if self._events[at][2] == "out"]
        return next((at for at in sent if encoded in self._events[at][3]), sent[0] if sent and or_any else None)

    def beginning(self) -> tuple[Event, ...]:
        """The first events as text, and the number of others: enough for a check that passed."""
        total = self._total()
        return self._shown([*range(min(_HEAD, total))], total, None, "")

    def events(self, marked: int | None = None, mark: str = "") -> tuple[Event, ...]:
        """The events as text, with `mark` at index `marked`. A very long conversation has gaps with the number of events."""
        total = self._total()
        middle = total - 1 if marked is None else marked
        shown = [*range(min(_HEAD, total)), *range(max(_HEAD, middle - _AROUND), min(total, middle + _AROUND))]
        return self._shown(shown, total, marked, mark)

    def _total(self) -> int:
        return len(self._events) if self._end is None else self._end

    def _shown(self, shown: list[int], total: int, marked: int | None, mark: str) -> tuple[Event, ...]:
        events: list[Event] = []
        previous = -1
        for at in shown:
            if at != previous + 1:
                events.append(_gap(events, at - previous - 1))
            t, who, direction, data = self._events[at]
            events.append(Event(round(max(t, 0.0), 6), who, direction, _as_text(data), mark if at == marked else ""))
            previous = at
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
