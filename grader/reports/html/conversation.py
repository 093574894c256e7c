"""The conversation of a check as pages tell it: which part of it, and in which words. Pure: a check's report in, words out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from grader.model.evidence import Evidence
from grader.model.verdict import Event
from grader.text import sinks
from grader.text.prose import GAP, count, shorten

_HOST = "server"  # what the grader's own end is called where it is the student's client that is checked
_LISTED_BEFORE, _LISTED_AFTER = 80, 20  # events of the list around the one that went wrong
_FEW = 2  # events that are not worth leaving out
_LISTED = 300  # characters of a text in the list


class Turn(NamedTuple):
    """One line of the list: milliseconds, who, what they do (`sends`, `sees`), the text, and a remark where it went wrong."""

    time: str
    who: str
    does: str
    text: str
    mark: str


@dataclass(frozen=True)
class Conversation:
    """What happened between the student's program and the others. `users` are those who sit at a terminal."""

    events: tuple[Event, ...]
    program: str
    users: frozenset[str]
    recipient: str = ""  # who should have got what never came

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
        """The place of the event that went wrong."""
        return next((place for place, event in enumerate(self.events) if event.mark), None)

    @property
    def names(self) -> list[str]:
        """Everybody in it but the program, in the order in which they come up; the grader's own end last."""
        names = dict.fromkeys(event.who for event in self.events if event.who)
        if self.recipient:
            names.setdefault(self.recipient)
        return sorted(names, key=lambda name: self.program == "your client" and name == _HOST)

    def around(self, before: int, after: int) -> tuple[int, int]:
        """The part with so many events before and after the one that went wrong, or the last ones where none did.

        It is a few more where only as many would be left out.
        """
        total = len(self.events)
        place = total - 1 if self.marked is None else self.marked
        first, last = place - before, place + after + 1
        return first if first > _FEW else 0, last if total - last > _FEW else total

    def text(self, event: Event, limit: int, gap: str = "…") -> str:
        """What was said, in one line, shortened around the difference that matters."""
        sent = (one.data for one in self.events[: self.marked] if one.dir == "out")
        other = max(sent, key=len, default="") if event.mark else ""
        return shorten(sinks.line(event.data), sinks.line(other), limit, gap)

    def does(self, event: Event) -> str:
        """What somebody does in an event, as a verb; empty where the text itself tells."""
        verbs = {"out": "types", "in": "sees"} if event.who in self.users else {"out": "sends", "in": "gets"}
        return verbs.get(event.dir, "")

    def told(self) -> Iterator[Turn]:
        """The part around what went wrong as a list, with what never came; says what it leaves out."""
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
    """When it happened, for the edge of a list."""
    return f"{event.t * 1000:.1f}"
