"""The conversation of a check for pages: the part to show, in words. Pure: a check's report in, words out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from grader.model.evidence import Evidence
from grader.model.verdict import Event
from grader.text import sinks
from grader.text.prose import GAP, count, shorten

_HOST = "server"  # the name of the grader's own end where the student's client is checked
_LISTED_BEFORE, _LISTED_AFTER = 80, 20  # events listed around the marked one
_FEW = 2  # so few events are not left out
_LISTED = 300  # characters of a text


class Turn(NamedTuple):
    """One line of the list: milliseconds, participant, verb (`sends`, `sees`), text, and a remark on the marked event."""

    time: str
    who: str
    does: str
    text: str
    mark: str


@dataclass(frozen=True)
class Conversation:
    """The events between the student's program and the others. `users` are the participants at terminals."""

    events: tuple[Event, ...]
    program: str
    users: frozenset[str]
    recipient: str = ""  # who waited for the missing message

    @classmethod
    def of(cls, check: Mapping[str, Any], exhibits: Evidence) -> Conversation:
        """The conversation of a check of a report."""
        events = tuple(Event(**event) for event in check["transcript"])
        programs = {"server": "your server", "client": "your client"}
        users = {screen.who for screen in exhibits.screens}
        if check["runs"] == "client":
            users = {event.who for event in events} - {_HOST, ""}
        return cls(events, programs.get(check["runs"], "your programs"), frozenset(users), exhibits.recipient)

    @property
    def marked(self) -> int | None:
        """Index of the event that the failure marks."""
        return next((place for place, event in enumerate(self.events) if event.mark), None)

    @property
    def names(self) -> list[str]:
        """All participants but the program, in order of appearance; the grader's own end last."""
        names = dict.fromkeys(event.who for event in self.events if event.who)
        if self.recipient:
            names.setdefault(self.recipient)
        return sorted(names, key=lambda name: self.program == "your client" and name == _HOST)

    def around(self, before: int, after: int) -> tuple[int, int]:
        """Slice of so many events before and after the marked one, or of the last events where none is marked.

        It is extended where only a few events would be left out.
        """
        total = len(self.events)
        place = total - 1 if self.marked is None else self.marked
        first, last = place - before, place + after + 1
        return first if first > _FEW else 0, last if total - last > _FEW else total

    def text(self, event: Event, limit: int, gap: str = "…") -> str:
        """The event's text in one line, shortened around its difference from the text sent."""
        sent = (earlier.data for earlier in self.events[: self.marked] if earlier.dir == "out")
        longest_sent = max(sent, key=len, default="") if event.mark else ""
        return shorten(sinks.line(event.data), sinks.line(longest_sent), limit, gap)

    def does(self, event: Event) -> str:
        """The event as a verb; empty where the text itself says it."""
        verbs = {"out": "types", "in": "sees"} if event.who in self.users else {"out": "sends", "in": "gets"}
        return verbs.get(event.dir, "")

    def turns(self) -> Iterator[Turn]:
        """The list of events around the marked one, with the missing message and counts of events left out."""
        first, last = self.around(_LISTED_BEFORE, _LISTED_AFTER)
        if first:
            yield _left_out(first, "earlier")
        missing = [Turn("", self.recipient, "", "", "never came")] if self.recipient else []
        for event in self.events[first:last]:
            yield Turn(milliseconds(event), event.who, self.does(event), self.text(event, _LISTED, GAP), event.mark)
            if event.mark:
                yield from missing
        if last < len(self.events):
            yield _left_out(len(self.events) - last, "later")
        if self.marked is None:
            yield from missing


def _left_out(number: int, which: str) -> Turn:
    return Turn("", "", "", f"({count(number, f'{which} event')} left out here)", "")


def milliseconds(event: Event) -> str:
    """The event's time, in milliseconds."""
    return f"{event.t * 1000:.1f}"
