"""What each person of a chat did, read from the bytes that she sent: her nickname, messages, new names, and how she went.

Pure: no socket, no clock. Moments are indices of events in the transcript.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from grader.api import Buffer, Line
from tasks.lines import Lines

_LONG = 1_000  # bytes of a line that is longer than what people type
NEVER = 1 << 62  # later than every event


class Act(Enum):
    """What a line of hers is."""

    NICKNAME = "nickname"
    CHAT = "chat"
    BLANK = "blank"
    EXIT = "exit"
    RENAME = "rename"
    COMMAND = "command"  # one that asks for nothing


class Way(Enum):
    """In what unusual way a line was sent."""

    IN_PIECES = "in pieces"
    MERGED = "with others in one segment"
    WITH_NICKNAME = "in the segment of the nickname"
    AT_ONCE = "while other things were to be dealt with"
    BEYOND_ASCII = "with letters beyond ASCII"
    RETURN = "with a carriage return"
    LONG = "longer than people type"
    NO_TEXT = "with bytes that are no text"
    CONTROLS = "with signs that no keyboard has"


class Going(Enum):
    """How somebody went."""

    CLOSED = "closed"
    RESET = "reset"
    EXIT = "exit"
    HUNG_UP = "hung up"  # the server ended her connection


@dataclass(eq=False)
class Saying:
    """A line that somebody sent. `begun`: its first byte was sent; `ended`: its last one.

    `text`: the line without blanks at its ends, as it would be passed on. `name`: which it gives her, as her first or a new
    one; `under`: hers before it.
    """

    by: Person
    act: Act
    text: str
    begun: int
    ended: int
    ways: frozenset[Way] = frozenset()
    name: str = ""
    under: str = ""

    @property
    def plain(self) -> bool:
        """Whether it was sent as most people's clients send a line: whole, by itself, of ordinary length and signs."""
        return not self.ways

    @property
    def readable(self) -> bool:
        """Whether it is text, so that it can come in one form only."""
        return not self.ways & {Way.NO_TEXT, Way.CONTROLS}


@dataclass(eq=False)
class Person:
    """Somebody in the chat, with all that she sent and heard.

    `admitted`: from when on she was known to be in. `altered`: the server may call her by a name that is not hers (she gave
    none, or one that is taken). `hears`: she reads, and nobody has ended her connection.
    """

    label: str
    heard: list[Line]
    sayings: list[Saying] = field(default_factory=list)
    namings: list[Saying] = field(default_factory=list)  # those that give her a name
    admitted: int = NEVER
    went: int = NEVER
    going: Going | None = None
    going_alone: bool = True  # nothing else was left to be dealt with when she went
    altered: bool = False
    hears: bool = True
    unfinished: str = ""

    @property
    def nickname(self) -> Saying | None:
        """The line that named her."""
        return self.sayings[0] if self.sayings else None

    @property
    def came(self) -> int:
        """When the line that named her was sent."""
        return self.sayings[0].ended if self.sayings else NEVER

    @property
    def name(self) -> str:
        """Her name at the end."""
        return self.namings[-1].name if self.namings else ""

    @property
    def came_as_usual(self) -> bool:
        """Whether she gave her nickname as everybody does."""
        return self.nickname is None or self.nickname.plain

    @property
    def named_as_usual(self) -> bool:
        """Whether she gave all her names as everybody does."""
        return all(one.plain for one in self.namings) and self.came_as_usual

    @property
    def went_as_usual(self) -> bool:
        """Whether she is still there, or closed her connection or said EXIT, and nobody went with her."""
        return self.named_as_usual and self.going_alone and self.going in (None, Going.CLOSED, Going.EXIT)

    def half_named(self, names: Iterable[str]) -> bool:
        """Whether one of these is all that she sent of a nickname, without an end: the server may take it for one."""
        return not self.sayings and bool(self.unfinished) and self.unfinished.strip() in names

    def names(self, moment: int) -> list[str]:
        """All names that she has asked for until then, the latest last."""
        return [one.name for one in self.namings if one.ended <= moment]


def read(
    person: Person, sent: Iterable[tuple[int, bytes]], buffer: Buffer, lines: Lines, busy: Callable[[int], bool]
) -> None:
    """Fill in what she sent: (event, bytes) in order. `busy`: whether the server had other things to deal with at an event."""
    begun, empty = -1, True
    for event, data in sent:
        if empty:
            begun = event
        ways = {Way.AT_ONCE} if busy(event) else set()
        complete = buffer.feed(data)
        if len(complete) + bool(buffer.tail) > 1:
            ways.add(Way.MERGED if person.sayings else Way.WITH_NICKNAME)
        for raw in complete:
            _add(person, raw, begun, event, lines, ways | ({Way.IN_PIECES} if begun < event else set()))
            begun = event
        empty = not buffer.tail
    person.unfinished = buffer.tail.decode("utf-8", "replace")


def _add(person: Person, raw: bytes, begun: int, event: int, lines: Lines, ways: set[Way]) -> None:
    if person.sayings and person.sayings[-1].act is Act.EXIT:
        return  # nobody listens to her any more
    text = raw.removesuffix(b"\r").decode("utf-8", "replace")
    act, name = _act(text, lines) if person.sayings else (Act.NICKNAME, text.strip())
    ways = ways | {way for way, looks_so in _LOOKS if looks_so(raw, text)}
    one = Saying(person, act, text.strip(), begun, event, frozenset(ways), name, person.name)
    person.sayings.append(one)
    if name:
        person.namings.append(one)


_LOOKS: tuple[tuple[Way, Callable[[bytes, str], bool]], ...] = (
    (Way.RETURN, lambda raw, _: raw.endswith(b"\r")),
    (Way.LONG, lambda raw, _: len(raw) > _LONG),
    (Way.BEYOND_ASCII, lambda raw, _: not raw.isascii()),
    (Way.NO_TEXT, lambda _, text: "\ufffd" in text),
    (Way.CONTROLS, lambda _, text: any(map(_is_control, text[:_LONG]))),
)


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Zl", "Zp") and letter != "\t"


def _act(text: str, lines: Lines) -> tuple[Act, str]:
    """What a line is that is no nickname, with the name that it asks for."""
    if not text.strip():
        return Act.BLANK, ""
    if lines.is_exit(text):
        return Act.EXIT, ""
    new = lines.new_name(text)
    if new is None:
        return Act.CHAT, ""
    return (Act.RENAME, new) if new else (Act.COMMAND, "")


def forget(people: Iterable[Person]) -> None:
    """Part the people from what they said, so that megabytes of it do not wait for the garbage collector."""
    for one in people:
        one.sayings, one.namings = [], []


def note_altered(people: Iterable[Person]) -> None:
    """Mark those whose name the server may alter: it is blank, no text, or somebody else has it at that time."""
    named = [one for one in people if one.nickname]
    for one in named:
        said = one.sayings[0]
        one.altered = not said.text or Way.NO_TEXT in said.ways or any(_share(one, other) for other in named)


def _share(one: Person, other: Person) -> bool:
    if one is other or other.came > one.came or other.went < one.came:
        return False
    mine = one.sayings[0].text.casefold()
    return any(name.casefold() == mine for name in other.names(one.came))
