"""The rules of a chat, held against all that was heard in it: each line must be true, and what is due must have come.

As with a history that is checked after it was recorded, an event has a beginning and no certain end: a notice is true from
the moment on at which what it tells may have happened. What is due is judged only where nothing more can come.

A line in the protocol's own form is a statement: who came, went, has which name, said what. Any other line is an extra, and
free, as long as it holds nothing that somebody said. Pure: no socket, no clock, no process.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from grader.api import Line
from tasks.chat.faults import Fault, Matter, Violation
from tasks.chat.history import NEVER, Act, Going, Person, Saying
from tasks.lines import Form, Lines, names

_ENOUGH = 100  # violations that one hearer has seen: more tell nothing new
_MOST_EXTRAS = 300  # lines that are searched for parts of what was said


def violations(
    people: Sequence[Person], lines: Lines, *, settled: bool, strangers: Iterable[str] = (), framed: bool = False
) -> tuple[list[Violation], set[Matter]]:
    """All rules that were broken, in the order of the lines that show it, then those of what never came.

    With them the matters of which something was right here, that was done as everybody does it.

    `settled`: nothing more can come. `strangers`: names of people whom others know, and of whom nothing is known here.
    `framed`: a message may come without a name, and no notice is due.
    """
    judge = _Judge(people, lines, set(strangers), names_due=not framed)
    for hearer in people:
        judge.hear(hearer)
    if settled:
        judge.look_for_what_is_due(notices=not framed)
    return judge.found, judge.proven


class _Judge:
    """What was explained so far: by hearer, each message and each event at most once."""

    def __init__(self, people: Sequence[Person], lines: Lines, strangers: set[str], *, names_due: bool) -> None:
        self._names_due = names_due
        self._people, self._lines, self._strangers = people, lines, strangers
        self._explained: set[tuple[int, object, str]] = set()
        self._extras: dict[Person, list[Line]] = {}
        self._latest: dict[tuple[Person, Person], int] = {}
        self._by_last_word: dict[str, list[Saying]] = defaultdict(list)
        self._odd: list[Saying] = []  # texts without a blank: the form may put no blank before them
        self._place: dict[Saying, int] = {}
        self.found: list[Violation] = []
        self.proven: set[Matter] = set()
        for person in people:
            for place, one in enumerate(person.sayings):
                self._place[one] = place
                if one.act is Act.NICKNAME or not one.text:
                    continue
                self._by_last_word[_last_word(one.text)].append(one)
                if " " not in one.text:
                    self._odd.append(one)
        self._names = {name for person in people for name in person.names(NEVER) if name}
        self._form = self._learn()

    # -- the form of a message -------------------------------------------------------------------------------------

    def _learn(self) -> Form | None:
        """The form of this server's messages, as the first plain one shows it that reached somebody."""
        first: tuple[int, Form] | None = None
        for hearer in self._people:
            for line in hearer.heard:
                if first and line.event >= first[0]:
                    break
                text = self._lines.bare(line.text)
                forms = (self._form_of(one, text, hearer) for one in self._candidates(text, line))
                form = next(filter(None, forms), None)
                if form:
                    first = (line.event, form)
                    break
        return first[1] if first else None

    def _form_of(self, one: Saying, text: str, hearer: Person) -> Form | None:
        """The form that this line shows, if it is this plain message, and under no other name."""
        if not one.plain or one.act is not Act.CHAT or one.by is hearer or one.by.altered or len(one.text) < _TELLING:
            return None
        before = text[: len(text) - len(one.text)]
        form = Form.of(before, one.under)
        return form if form.named or not any(names(before, name) for name in self._names) else None

    def _candidates(self, text: str, line: Line) -> Iterator[Saying]:
        """What may have been said before, and stands at the end of the line."""
        for one in self._by_last_word.get(_last_word(text), ()):
            if one.begun < line.event and text.endswith(one.text):
                yield one
        for one in self._odd:
            if one.begun < line.event and text.endswith(one.text) and _last_word(text) != one.text:
                yield one

    # -- what was heard --------------------------------------------------------------------------------------------

    def hear(self, hearer: Person) -> None:
        """Explain each line that she got; what cannot be explained is a violation."""
        extras: list[Line] = []
        begun = len(self.found)
        for line in hearer.heard:
            if len(self.found) - begun > _ENOUGH:
                break
            text = self._lines.bare(line.text)
            if not (self._is_message(hearer, line, text) or self._is_notice(hearer, line, text)):
                extras.append(line)
        self._extras[hearer] = extras
        self._search(hearer, extras)

    def _is_message(self, hearer: Person, line: Line, text: str) -> bool:
        """Whether the line ends in what somebody said; if so, it is judged."""
        candidates = list(self._candidates(text, line))
        if not candidates:
            return False
        fits = [(one, fault) for one in candidates if (fault := self._misfit(hearer, one, text, line)) is not _NONE]
        right = [one for one, fault in fits if fault is None]
        fresh = [one for one in right if (id(hearer), one, "said") not in self._explained]
        if fresh:
            self._take(hearer, fresh[0], line)
        elif right:
            if not any(one.ended < hearer.came for one in right):  # a replay to a newcomer
                often = self._first_time(hearer, right[0], "again")
                self._blame(Fault.AGAIN if often else Fault.OVER_AND_OVER, hearer, line, saying=right[0])
        elif fits:
            fault, saying = min(((fault, one) for one, fault in fits if fault), key=lambda fit: _WORST.index(fit[0]))
            self._explained.add((id(hearer), saying, "said"))  # it came, if not as it should
            self._blame(fault, hearer, line, saying=saying)
        else:
            return False
        return True

    def _misfit(self, hearer: Person, one: Saying, text: str, line: Line) -> Fault | None:
        """What is wrong if the line is this message; None if nothing is, `_NONE` if it is another one's.

        A prefix without a name counts as right where this server's messages have none.
        """
        before = text[: len(text) - len(one.text)]
        own = one.by is hearer
        if len(one.text) < _TELLING and not self._in_form(before, one.by, line):
            return _NONE  # so short a text may stand at the end of anything
        if own:
            return Fault.ECHO if one.act is not Act.EXIT or before else _NONE
        if one.act is Act.EXIT:
            return Fault.EXIT_RELAYED if before else _NONE
        if one.act is Act.RENAME or one.act is Act.COMMAND:
            return Fault.COMMAND_RELAYED
        return self._misnamed(one, before, line)

    def _in_form(self, before: str, speaker: Person, line: Line) -> bool:
        """Whether what stands before a text is exactly what this server puts before what she says, under any of her names."""
        forms = [self._lines.chat_form, *([self._form] if self._form else [])]
        return any(form.fits(before, name) for name in speaker.names(line.event) for form in forms)

    def _misnamed(self, one: Saying, before: str, line: Line) -> Fault | None:
        if before == self._lines.chat_form.filled(one.under) and not one.by.altered:
            return None  # most are
        if not before.strip() and not self._names_due:
            return None
        if self._form and not self._form.named:  # told once, where a message alone shows it
            return None if self._form.fits(before, "") else Fault.MIXED
        if one.by.altered:
            return None if any(map(str.isalnum, before)) else Fault.NAMELESS
        current = one.under
        later = [name for name in one.by.names(line.event) if name not in one.by.names(one.ended)]
        if any(names(before, name) for name in (current, *later)):
            rest = before.replace(current, "", 1)
            return Fault.MIXED if self._lines.hold(rest) else None
        if any(names(before, name) for name in one.by.names(one.ended)):
            return Fault.UNDER_OLD_NAME
        if self._lines.names_somebody(before) or any(names(before, name) for name in self._names | self._strangers):
            return Fault.UNDER_ANOTHER_NAME
        if self._lines.hold(before):
            return Fault.MIXED
        return Fault.NAMELESS

    def _take(self, hearer: Person, saying: Saying, line: Line) -> None:
        self._explained.add((id(hearer), saying, "said"))
        place, pair = self._place[saying], (hearer, saying.by)
        if saying.ended > hearer.came and place < self._latest.get(pair, -1):
            self._blame(Fault.ORDER, hearer, line, saying=saying)
        self._latest[pair] = max(place, self._latest.get(pair, -1))
        if saying.plain and saying.by.came_as_usual:
            self.proven.add(Matter.MESSAGES)

    def _is_notice(self, hearer: Person, line: Line, text: str) -> bool:
        """Whether the line is a notice, or DONE; if so, it is judged."""
        if self._lines.is_done(text):
            if not any(one.act is Act.EXIT and one.begun < line.event for one in hearer.sayings):
                self._blame(Fault.DONE_UNASKED, hearer, line)
            return True
        told = self._lines.told(text)
        if told is None:
            return False
        word, given = told
        if not self._strangers.isdisjoint(given) or any(one.half_named(given) for one in self._people):
            return True
        if word == "joined":
            self._joined(hearer, line, given[0])
        elif word == "left":
            self._left(hearer, line, given[0])
        else:
            self._renamed(hearer, line, *given)
        return True

    def _first_time(self, hearer: Person, about: object, what: str) -> bool:
        """Whether she is told this for the first time; from now on she knows."""
        key = (id(hearer), about, what)
        known = key in self._explained
        self._explained.add(key)
        return not known

    def _joined(self, hearer: Person, line: Line, name: str) -> None:
        came = [one for one in self._people if one.came < line.event]
        mine = [one for one in came if one is not hearer and self._goes_by(one, name, line)]
        told = next((one for one in mine if self._first_time(hearer, one, "joined")), None)
        if told:
            self.proven |= {Matter.JOINS} if told.came_as_usual else set()
            return
        if any(one.came < hearer.came for one in mine):
            return  # a replay, or a list of who is there
        if name in hearer.names(line.event) or (hearer in came and hearer.altered and not mine):
            self._blame(Fault.OWN_JOIN, hearer, line, name=name, person=hearer)
        elif mine:
            self._blame(Fault.JOINED_AGAIN, hearer, line, name=name, person=mine[0])
        else:
            about = self._of_name(name) or self._misnamed_one(hearer, came, "joined")
            self._blame(Fault.NEVER_JOINED, hearer, line, name=name, person=about)

    def _left(self, hearer: Person, line: Line, name: str) -> None:
        gone = [one for one in self._people if one.went < line.event and one.sayings]
        mine = [one for one in gone if self._leaves_as(one, name, line)]
        told = next((one for one in mine if self._first_time(hearer, one, "left")), None)
        if told:
            self.proven |= {Matter.LEAVES} if told.went_as_usual else set()
        if told or hearer in mine:
            return
        if any(one.went < hearer.came for one in mine):
            return
        old = [one for one in gone if name in one.names(line.event)]
        if mine:
            self._blame(Fault.LEFT_AGAIN, hearer, line, name=name, person=mine[0])
        elif old:
            self._first_time(hearer, old[0], "left")
            self._blame(Fault.LEFT_UNDER_OLD_NAME, hearer, line, name=name, person=old[0])
        elif name not in self._names and any(one.went < line.event and not one.sayings for one in self._people):
            self._blame(Fault.NAMELESS_LEFT, hearer, line, name=name)
        else:
            about = self._of_name(name) or self._misnamed_one(hearer, gone, "left")
            self._blame(Fault.NEVER_LEFT, hearer, line, name=name, person=about)

    def _renamed(self, hearer: Person, line: Line, old: str, new: str) -> None:
        asked = [
            one
            for person in self._people
            for one in person.sayings
            if one.act is Act.RENAME and one.name == new and one.begun < line.event
        ]
        right = [one for one in asked if one.by.altered or one.under == old]
        told = next((one for one in right if self._first_time(hearer, one, "renamed")), None)
        if told:
            self.proven |= {Matter.NEW_NAMES} if told.plain else set()
            return
        if any(one.ended < hearer.came for one in right):
            return
        if right:
            self._blame(Fault.RENAMED_AGAIN, hearer, line, name=new, person=right[0].by, saying=right[0])
            return
        if asked:  # the wrong old name
            self._first_time(hearer, asked[0], "renamed")
        about = asked[0].by if asked else self._of_name(old)
        self._blame(Fault.NEVER_RENAMED, hearer, line, name=new, person=about, saying=asked[0] if asked else None)

    def _misnamed_one(self, hearer: Person, people: Iterable[Person], what: str) -> Person | None:
        """Whom a notice with an unknown name means: somebody with an unusual name of whom she was told nothing yet."""
        untold = (one for one in people if one is not hearer and (id(hearer), one, what) not in self._explained)
        about = next((one for one in untold if not one.named_as_usual), None)
        if about:
            self._explained.add((id(hearer), about, what))
        return about

    def _goes_by(self, one: Person, name: str, line: Line) -> bool:
        return name in one.names(line.event) or (one.altered and name not in self._names)

    def _leaves_as(self, one: Person, name: str, line: Line) -> bool:
        """Whether this is the name under which she leaves; one that she asked for and left at once may not be hers yet."""
        meant = name == one.name or (one.altered and name not in self._names)
        return meant or (not one.going_alone and name in one.names(line.event))

    def _of_name(self, name: str) -> Person | None:
        return next((one for one in self._people if name in one.names(NEVER)), None)

    def _search(self, hearer: Person, extras: list[Line]) -> None:
        """Look for parts of what was said, and for what somebody known never said, in lines of any other form."""
        distinct = list({line.text: line for line in reversed(extras)}.values())[::-1][:_MOST_EXTRAS]
        for line in distinct:
            text = self._lines.bare(line.text)
            speaker = next((one for one in self._people if self._begins_as(one, text, line)), None)
            if speaker:
                self._garbled(hearer, speaker, line)
                continue
            if inside := next((one for one in self._spoken() if one.begun < line.event and one.text in text), None):
                self._blame(Fault.ECHO if inside.by is hearer else Fault.MIXED, hearer, line, saying=inside)

    def _garbled(self, hearer: Person, speaker: Person, line: Line) -> None:
        """Judge a line under somebody's name, with a text that she never said: one of hers that did not come, or an invention."""
        said = [one for one in speaker.sayings if one.begun < line.event]
        if speaker.unfinished or any(not one.readable or one.act is Act.BLANK for one in said):
            return
        chat = (one for one in said if one.act is Act.CHAT and one.begun > hearer.came)
        missing = [one for one in chat if (id(hearer), one, "said") not in self._explained]
        if speaker is hearer:
            self._blame(Fault.ECHO, hearer, line, name=speaker.name, person=speaker)
        elif missing:
            self._explained.add((id(hearer), missing[0], "said"))
            self._blame(Fault.CHANGED, hearer, line, saying=missing[0])
        else:
            self._blame(Fault.NEVER_SAID, hearer, line, name=speaker.name, person=speaker)

    def _begins_as(self, one: Person, text: str, line: Line) -> bool:
        forms = [form for form in (self._lines.chat_form, self._form) if form and form.named]
        return any(form.begins(text, name) for name in one.names(line.event) for form in forms if name)

    def _spoken(self) -> Iterator[Saying]:
        """Texts that stand in no line by chance."""
        for person in self._people:
            for one in person.sayings:
                if one.act is Act.CHAT and len(one.text) >= _TELLING and " " in one.text:
                    yield one

    # -- what is due -----------------------------------------------------------------------------------------------

    def look_for_what_is_due(self, *, notices: bool) -> None:
        """Blame what should have come and did not."""
        if len(self.found) > _ENOUGH:
            return
        for hearer in (one for one in self._people if one.hears and one.went == NEVER):
            for one in self._people:
                if one is hearer or not one.sayings or one.going is Going.HUNG_UP:
                    continue
                if notices:
                    self._due_notices(hearer, one)
                self._due_messages(hearer, one)

    def _due_notices(self, hearer: Person, one: Person) -> None:
        def untold(about: object, what: str, since: int, name: str) -> bool:
            if hearer.admitted >= since or (id(hearer), about, what) in self._explained:
                return False
            return not any(
                line.event > since and names(line.text, name) for line in self._extras[hearer]
            )  # in other words

        first = one.sayings[0]
        if not one.altered and untold(one, "joined", first.begun, first.name):
            self._blame(Fault.JOIN_UNTOLD, hearer, name=first.name, person=one)
        if not one.altered and one.went != NEVER and untold(one, "left", one.went, one.name):
            self._blame(Fault.LEAVE_UNTOLD, hearer, name=one.name, person=one)
        for saying in one.namings[1:]:
            if one.going is not Going.RESET and untold(saying, "renamed", saying.begun, saying.name):
                self._blame(Fault.RENAME_UNTOLD, hearer, name=saying.name, person=one, saying=saying)

    def _due_messages(self, hearer: Person, one: Person) -> None:
        if one.going is Going.RESET:  # what the server had not read of her is gone
            return
        if one.altered:  # it may have asked her for another name
            return
        for saying in one.sayings:
            due = saying.act is Act.CHAT and saying.readable and hearer.admitted < saying.begun
            if due and (id(hearer), saying, "said") not in self._explained:
                self._blame(Fault.LOST, hearer, saying=saying)

    def _blame(
        self,
        fault: Fault,
        hearer: Person,
        line: Line | None = None,
        *,
        name: str = "",
        person: Person | None = None,
        saying: Saying | None = None,
    ) -> None:
        about = person or (saying.by if saying else None)
        self.found.append(Violation(fault, hearer, line, name, about, saying))


_TELLING = 6  # characters of a text that ends in the same way as another line only if it is that text
_NONE = Fault.NEVER_SAID  # what `_misfit` says of a line that is another one's
_WORST = [  # of several explanations that all are faults, the one that is told
    Fault.ECHO, Fault.UNDER_OLD_NAME, Fault.UNDER_ANOTHER_NAME, Fault.NAMELESS, Fault.MIXED, Fault.EXIT_RELAYED,
    Fault.COMMAND_RELAYED,
]  # fmt: skip


def _last_word(text: str) -> str:
    return text.rsplit(None, 1)[-1] if text else ""
