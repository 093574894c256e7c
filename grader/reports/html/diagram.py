"""A conversation as a sequence diagram: a lifeline for each participant, time down, an arrow for each message.

Geometry only, in pixels; `diagram.html` draws it. Shown are the participants nearest to the marked event, with the
student's program in the middle of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from grader.model.verdict import Event
from grader.reports.html.conversation import Conversation, milliseconds
from grader.text import sinks
from grader.text.prose import GAP, count, shorten
from grader.text.width import breaks, columns

_BEFORE, _AFTER, _MOST = 12, 4, 6  # events around the marked one; participants beside the program
_LABEL, _TITLE = 36, 300  # columns of an arrow's text; characters of its tooltip
_COLUMN = 7.3  # pixels: the width of a letter of common fonts in this size
_WIDE = 720  # pixels between the outermost lifelines, where that suffices
_HEAD, _FOOT, _STEP, _REMARK = 40, 8, 30, 19  # heights of names, end, an event, its remark
# Pixels from the top of a step to its arrow; from a lifeline to the end of the arrow of a missing message.
_AT, _CROSS = 22, 34


class Scale(NamedTuple):
    """Widths of a diagram: margin for times, margin beyond the outermost lifelines, least and most between two lifelines."""

    times: int
    edge: int
    near: int
    far: int
    name: int  # columns over a lifeline


ROOMY, NARROW = Scale(56, 62, 116, 280, 13), Scale(40, 46, 98, 108, 10)


@dataclass(frozen=True)
class Lifeline:
    """A participant, at `x`. `own`: the student's program."""

    name: str
    short_name: str
    x: int
    width: int  # of the box with the name
    own: bool


@dataclass(frozen=True)
class DiagramStep:
    """The drawing of one event: an arrow from `start` to `end`, a dot at `start` (a note), or words alone (a gap)."""

    kind: str  # message, note, gap, or missing (a message that never came)
    start: int
    end: int
    label: str
    label_x: float  # its middle
    full: str  # tooltip
    time: str = ""
    mark: str = ""
    mark_x: float = 0
    top: int = 0
    height: int = _STEP

    @property
    def y(self) -> int:
        """Height of its arrow."""
        return self.top + _AT

    @property
    def forward(self) -> int:
        """Whether the arrow points right (1) or left (-1)."""
        return 1 if self.end > self.start else -1


@dataclass(frozen=True)
class Diagram:
    """A drawing, and its description in a sentence. `silent` counts participants who are not shown."""

    width: int
    height: int
    times: int  # width of the margin for times
    lifelines: tuple[Lifeline, ...]
    steps: tuple[DiagramStep, ...]
    sentence: str
    silent: int


def diagram(conversation: Conversation, scale: Scale = ROOMY) -> Diagram:
    """Lay out the part of a conversation around the marked event."""
    first, last = conversation.around(_BEFORE, _AFTER)
    cast = _cast(conversation, first, last)
    visible = [at for at in range(first, last) if conversation.events[at].who in ("", *cast)]
    first, last = (visible[0], visible[-1] + 1) if visible else (first, first)
    lifelines = _lifelines(conversation, cast, conversation.events[first:last], scale)
    drawing = _Drawing(conversation, lifelines, scale)
    steps = tuple(drawing.steps(first, last))
    silent = len(conversation.names) - len(cast)
    sentence = _sentence(conversation, cast, first, last)
    return Diagram(drawing.width, drawing.height, scale.times, lifelines, steps, sentence, silent)


def _cast(conversation: Conversation, first: int, last: int) -> list[str]:
    """The participants to show: those nearest to the marked event, in the order of the conversation."""
    events = conversation.events
    place = last - 1 if conversation.marked is None else conversation.marked
    nearest = sorted(range(first, last), key=lambda at: abs(at - place))
    named = dict.fromkeys([conversation.recipient, *(events[at].who for at in nearest)])
    chosen = [name for name in named if name][:_MOST]
    return [name for name in conversation.names if name in chosen]


def _lifelines(
    conversation: Conversation, cast: list[str], events: Iterable[Event], scale: Scale
) -> tuple[Lifeline, ...]:
    """The student's program in the middle of the others, as far apart as the texts between them need."""
    before = (len(cast) + 1) // 2 if len(cast) < 3 else len(cast) // 2
    names = [*cast[:before], conversation.program, *cast[before:]]
    apart = {name: max(abs(place - before), 1) for place, name in enumerate(names)}
    spoken = (event for event in events if event.who in cast)
    needed = (columns(conversation.text(event, _LABEL)) * _COLUMN / apart[event.who] + 24 for event in spoken)
    spacing = round(max(min(max(needed, default=0), scale.far, _WIDE / max(len(cast), 1)), scale.near))
    short_names = [_short(sinks.line(name), scale.name) for name in names]
    return tuple(
        Lifeline(
            name, short, scale.times + scale.edge + at * spacing, round(columns(short) * _COLUMN) + 16, own=at == before
        )
        for at, (name, short) in enumerate(zip(names, short_names, strict=True))
    )


def _short(name: str, room: int) -> str:
    name = name.rstrip()
    return name if columns(name) <= room + 1 else f"{name[: breaks(name, room)[0]].rstrip()}…"


class _Drawing:
    """Places the steps from top to bottom."""

    def __init__(self, conversation: Conversation, lifelines: tuple[Lifeline, ...], scale: Scale) -> None:
        self._conversation = conversation
        self._at = {line.name: line.x for line in lifelines if not line.own}
        self._program = next(line.x for line in lifelines if line.own)
        self._ends = lifelines[0].x, lifelines[-1].x
        self._left = scale.times
        self.width = lifelines[-1].x + scale.edge
        self.height = _HEAD

    def steps(self, first: int, last: int) -> Iterator[DiagramStep]:
        """The steps from top to bottom, with counts of events left out, and the missing message in its place."""
        conversation = self._conversation
        yield from self._gap(first, "earlier event")
        left_out = 0
        for place, event in enumerate(conversation.events[first:last], start=first):
            if event.who and event.who not in self._at:
                left_out += 1
                continue
            yield from self._gap(left_out, "event", " of others")
            left_out = 0
            yield self._placed(self._step(event))
            if place == conversation.marked:
                yield from self._missing()
        yield from self._gap(left_out, "event", " of others")
        yield from self._gap(len(conversation.events) - last, "later event")
        if conversation.marked is None:
            yield from self._missing()
        self.height += _FOOT

    def _placed(self, step: DiagramStep) -> DiagramStep:
        """The step under those before it."""
        placed = replace(step, top=self.height, height=step.height + (_REMARK if step.mark else 0))
        self.height += placed.height
        return placed

    def _step(self, event: Event) -> DiagramStep:
        label, mark = self._conversation.text(event, _LABEL), shorten(sinks.line(event.mark), "", _LABEL, "…")
        if not event.who:
            return self._words(label)
        x, time = self._at[event.who], milliseconds(event)
        words = (event.who, self._conversation.does(event), self._conversation.text(event, _TITLE, GAP))
        full = f"{time} ms  {' '.join(filter(None, words))}"
        if event.dir == "note":
            return DiagramStep("note", x, x, label, self._beside(x, label), full, time, mark, self._beside(x, mark))
        start, end = (x, self._program) if event.dir == "out" else (self._program, x)
        between = self._between(start, end, label), self._between(start, end, mark)
        return DiagramStep("message", start, end, label, between[0], full, time, mark, between[1])

    def _missing(self) -> Iterator[DiagramStep]:
        recipient = self._conversation.recipient
        if recipient:
            start, end = self._program, self._at[recipient]
            short = end - _CROSS if end > start else end + _CROSS
            label, full = "never came", f"{recipient} never got what should have come"
            yield self._placed(DiagramStep("missing", start, short, label, self._between(start, end, label), full))

    def _gap(self, number: int, noun: str, rest: str = "") -> Iterator[DiagramStep]:
        if number:
            yield self._placed(self._words(f"{count(number, noun)}{rest}"))

    def _words(self, text: str) -> DiagramStep:
        return DiagramStep("gap", *self._ends, text, self._between(*self._ends, text), text)

    def _between(self, start: int, end: int, text: str) -> float:
        """Centre of a text over an arrow, moved so that it does not cross the program's lifeline or the edge."""
        half = columns(text) * _COLUMN / 2
        middle = (start + end) / 2
        if start == self._program or end == self._program:
            out = -1 if middle < self._program else 1
            middle = self._program + out * max(out * (middle - self._program), half + 6)
        middle = min(middle, self.width - 6 - half)
        return round(max(middle, self._left + half), 1)

    def _beside(self, x: int, text: str) -> float:
        """Centre of a text to the right of `x`, or to the left where there is no room or the program's lifeline is in the way."""
        half = columns(text) * _COLUMN / 2
        left, right = x - 12 - half, x + 12 + half
        in_the_way = x < self._program < right + half and left - half >= self._left
        return round(max(left, self._left + half) if right + half >= self.width or in_the_way else right, 1)


def _sentence(conversation: Conversation, cast: list[str], first: int, last: int) -> str:
    """The diagram in words, for screen readers."""
    sentence = f"Sequence diagram: {last - first} of {count(len(conversation.events), 'event')} between "
    sentence += f"{', '.join(cast)} and {conversation.program}."
    if conversation.marked is not None:
        event = conversation.events[conversation.marked]
        text = conversation.text(event, _LABEL)
        sentence += f" At {milliseconds(event)} ms {event.who} {conversation.does(event)} “{text}”: {event.mark}."
    return f"{sentence} The same follows as a list."
