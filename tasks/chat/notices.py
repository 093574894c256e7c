"""The notices of a chat, and the answer to EXIT: whether what they tell is true, and new to her who is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.api import Line
from tasks.chat.faults import Fault, Matter
from tasks.chat.history import NEVER, Act, Going, Person, Saying
from tasks.chat.record import Record
from tasks.lines import names


class _Event(NamedTuple):
    """Something that a notice may tell: who or what it is about, when it began, and whether it was done as usual."""

    about: Person | Saying
    moment: int
    usual: bool


class Notices:
    """Judges notices, one after the other as they were heard."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def judge(self, hearer: Person, line: Line, text: str) -> bool:
        """Whether the line is a notice, or DONE; if so, it is judged."""
        record = self._record
        if record.lines.is_done(text):
            asked = any(one.act is Act.EXIT and one.begun < line.event for one in hearer.sayings)
            if not asked or not record.tell(hearer, Act.EXIT):
                record.blame(Fault.DONE_UNASKED, hearer, line)
            return True
        told = record.lines.told(text)
        if told is None:
            return False
        word, given = told
        known = record.strangers.isdisjoint(given.values())
        if known and not any(one.half_named(given.values()) for one in record.people):
            if word == "renamed":
                self._renamed(hearer, line, given.get("old"), given.get("new"))
            else:
                (self._joined if word == "joined" else self._left)(hearer, line, given["name"])
        return True

    def _is_true(self, hearer: Person, events: Sequence[_Event], matter: Matter) -> bool:
        """Whether one of these events is what she is told: for the first time, or again, because she came after it."""
        for event in events:
            if self._record.tell(hearer, event.about, matter.value):
                self._record.proven |= {matter} if event.usual else set()
                return True
        return any(event.moment < hearer.came for event in events)

    # -- joins -----------------------------------------------------------------------------------------------------

    def _joined(self, hearer: Person, line: Line, name: str) -> None:
        came = [one for one in self._record.people if one.came < line.event]
        meant = [one for one in came if one is not hearer and self._goes_by(one, name, line)]
        events = [_Event(one, one.came, one.came_as_usual) for one in meant]
        if self._is_true(hearer, events, Matter.JOINS):
            return
        if name in hearer.names(line.event) or (hearer in came and hearer.altered and not meant):
            self._record.blame(Fault.OWN_JOIN, hearer, line, name=name, person=hearer)
        elif meant:
            self._record.blame(Fault.JOINED_AGAIN, hearer, line, name=name, person=meant[0])
        else:
            about = self._whom_it_means(hearer, name, came, Matter.JOINS, line)
            self._record.blame(Fault.NEVER_JOINED, hearer, line, name=name, person=about)

    def _goes_by(self, one: Person, name: str, line: Line) -> bool:
        return name in one.names(line.event) or (one.altered and name not in self._record.names)

    # -- leaves ----------------------------------------------------------------------------------------------------

    def _left(self, hearer: Person, line: Line, name: str) -> None:
        gone = [one for one in self._record.people if one.went < line.event]
        meant = [one for one in gone if one.sayings and self._leaves_as(one, name, line)]
        events = [_Event(one, one.went, one.went_as_usual) for one in meant]
        if hearer in meant or self._is_true(hearer, events, Matter.LEAVES):
            return
        if meant:
            self._record.blame(Fault.LEFT_AGAIN, hearer, line, name=name, person=meant[0])
        else:
            self._false_leave(hearer, line, name, gone)

    def _leaves_as(self, one: Person, name: str, line: Line) -> bool:
        """Whether this is the name under which she leaves; one that she asked for and left at once may not be hers yet."""
        meant = name == one.name or (one.altered and name not in self._record.names)
        return meant or (not one.going_alone and name in one.names(line.event))

    def _false_leave(self, hearer: Person, line: Line, name: str, gone: list[Person]) -> None:
        old = next((one for one in gone if name in one.names(line.event)), None)
        if old:
            self._record.tell(hearer, old, Matter.LEAVES.value)
            self._record.blame(Fault.LEFT_UNDER_OLD_NAME, hearer, line, name=name, person=old)
        elif name not in self._record.names and any(not one.sayings for one in gone):
            self._record.blame(Fault.NAMELESS_LEFT, hearer, line, name=name)
        else:
            about = self._whom_it_means(hearer, name, gone, Matter.LEAVES, line)
            self._record.blame(Fault.NEVER_LEFT, hearer, line, name=name, person=about)

    # -- new names -------------------------------------------------------------------------------------------------

    def _renamed(self, hearer: Person, line: Line, old: str | None, new: str | None) -> None:
        """Judge the notice of a new name; a course's words may leave one of the two names out."""
        namings = (one for person in self._record.people for one in person.namings[1:])
        asked = [one for one in namings if new in (None, one.name) and one.begun < line.event]
        right = [one for one in asked if one.by.altered or old in (None, one.under)]
        if self._is_true(hearer, [_Event(one, one.ended, one.plain) for one in right], Matter.NEW_NAMES):
            return
        if right:
            self._record.blame(Fault.RENAMED_AGAIN, hearer, line, name=right[0].name, saying=right[0])
        elif asked:  # the wrong old name
            self._record.tell(hearer, asked[0], Matter.NEW_NAMES.value)
            self._record.blame(Fault.NEVER_RENAMED, hearer, line, name=asked[0].name, saying=asked[0])
        else:
            about = self._record.person_of(old or "")
            self._record.blame(Fault.NEVER_RENAMED, hearer, line, name=new or "", person=about)

    # -- names that nobody has -------------------------------------------------------------------------------------

    def _whom_it_means(
        self, hearer: Person, name: str, people: Iterable[Person], matter: Matter, line: Line
    ) -> Person | None:
        """Whom a false notice is about: one who had the name, or took it, just before, or ever.

        With an unknown name it is somebody with an unusual one, of whom she was told nothing yet.
        """
        namings = (one for person in self._record.people for one in person.namings[1:] if one.begun < line.event)
        known = next((one.by for one in namings if name in (one.name, one.under)), self._record.person_of(name))
        if known:
            return known
        others = (one for one in people if one is not hearer and not one.named_as_usual)
        return next((one for one in others if self._record.tell(hearer, one, matter.value)), None)

    # -- what is due -----------------------------------------------------------------------------------------------

    def look_for_what_is_due(self, hearer: Person, one: Person) -> None:
        """Blame each notice about somebody that she should have got, and did not, in no words at all."""

        def untold(about: object, matter: Matter, since: int, name: str) -> bool:
            if hearer.admitted >= since or self._record.is_told(hearer, about, matter.value):
                return False
            return not any(line.event > since and names(line.text, name) for line in self._record.extras[hearer])

        first = one.sayings[0]
        if not one.altered and untold(one, Matter.JOINS, first.begun, first.name):
            self._record.blame(Fault.JOIN_UNTOLD, hearer, name=first.name, person=one)
        if not one.altered and one.went != NEVER and untold(one, Matter.LEAVES, one.went, one.name):
            self._record.blame(Fault.LEAVE_UNTOLD, hearer, name=one.name, person=one)
        for naming in one.namings[1:]:
            if one.going is not Going.RESET and untold(naming, Matter.NEW_NAMES, naming.begun, naming.name):
                self._record.blame(Fault.RENAME_UNTOLD, hearer, name=naming.name, saying=naming)
