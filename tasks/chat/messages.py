"""The messages of a chat: whether a line holds what somebody said, under her name, whole, once and in her order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from grader.api import Line
from tasks.chat.faults import Fault, Matter
from tasks.chat.history import Act, Going, Person, Saying
from tasks.chat.record import Record
from tasks.lines import Form, names

_MOST_EXTRAS = 300  # lines that are searched for parts of what was said
_TELLING = 6  # characters of a text that ends in the same way as another line only if it is that text
_WORST = [  # of several explanations that all are faults, the one that is told
    Fault.ECHO, Fault.UNDER_OLD_NAME, Fault.UNDER_ANOTHER_NAME, Fault.NAMELESS, Fault.MIXED, Fault.EXIT_RELAYED,
    Fault.COMMAND_RELAYED,
]  # fmt: skip


class Messages:
    """Judges messages, one after the other as they were heard. `names_due`: a text alone is no message."""

    def __init__(self, record: Record, *, names_due: bool) -> None:
        self._record, self._lines, self._names_due = record, record.lines, names_due
        self._latest: dict[tuple[Person, Person], int] = {}  # by hearer and speaker
        self._right: set[tuple[Person, Saying]] = set()  # messages that came as they should
        self._by_last_word: dict[str, list[Saying]] = defaultdict(list)
        self._words: list[Saying] = []  # texts without a blank: the form may put none before them
        self._place: dict[Saying, int] = {}
        for person in record.people:
            for place, one in enumerate(person.sayings):
                self._place[one] = place
                if one.act is not Act.NICKNAME and one.text:
                    self._by_last_word[_last_word(one.text)].append(one)
                    self._words += [one] if " " not in one.text else []
        self._form = self._learn()

    # -- the form of a message -------------------------------------------------------------------------------------

    def _learn(self) -> Form | None:
        """The form of this server's messages, as the first plain one shows it that reached somebody."""
        shown = [first for hearer in self._record.people if (first := self._first_form(hearer))]
        return min(shown, key=lambda one: one[0])[1] if shown else None

    def _first_form(self, hearer: Person) -> tuple[int, Form] | None:
        """The event at which she heard a plain message first, and its form."""
        for line in hearer.heard:
            text = self._lines.bare(line.text)
            forms = (self._form_of(one, text, hearer) for one in self._candidates(text, line))
            form = next(filter(None, forms), None)
            if form:
                return line.event, form
        return None

    def _form_of(self, one: Saying, text: str, hearer: Person) -> Form | None:
        """The form that this line shows, if it is this plain message, and under no other name."""
        if not one.plain or one.act is not Act.CHAT or one.by is hearer or one.by.altered or len(one.text) < _TELLING:
            return None
        before = text[: len(text) - len(one.text)]
        form = Form.of(before, one.under)
        return form if form.named or not any(names(before, name) for name in self._record.names) else None

    def _candidates(self, text: str, line: Line) -> Iterator[Saying]:
        """What may have been said before, and stands at the end of the line."""
        last = _last_word(text)
        for one in (*self._by_last_word.get(last, ()), *(one for one in self._words if one.text != last)):
            if one.begun < line.event and text.endswith(one.text):
                yield one

    # -- lines that end in what somebody said ----------------------------------------------------------------------

    def judge(self, hearer: Person, line: Line, text: str) -> bool:
        """Whether the line ends in what somebody said; if so, it is judged."""
        candidates = [one for one in self._candidates(text, line) if self._may_be(one, text, line)]
        if not candidates:
            return False
        candidates.sort(key=lambda one: -len(one.text))  # one text may be the end of another
        faults = [(self._fault(hearer, one, text, line), one) for one in candidates]
        right = [one for fault, one in faults if fault is None]
        fresh = self._news(hearer, right)
        if fresh:
            self._take(hearer, fresh, line)
        elif right:
            self._again(hearer, right, line)
        else:
            fault, saying = min(((fault, one) for fault, one in faults if fault), key=lambda it: _WORST.index(it[0]))
            self._record.tell(hearer, saying)  # it came, if not as it should
            self._record.blame(fault, hearer, line, saying=saying)
        return True

    def _news(self, hearer: Person, right: list[Saying]) -> Saying | None:
        """That of several equal messages which she has not got yet: rather one that was said since she came."""
        untold = [one for one in right if not self._record.is_told(hearer, one)]
        return next((one for one in untold if one.begun > hearer.came), untold[0] if untold else None)

    def _may_be(self, one: Saying, text: str, line: Line) -> bool:
        """Whether the line is meant to be this message.

        A single word, or a command, may stand at the end of anything; and what somebody with a taken name says, the server may
        take for her next nickname.
        """
        before = text[: len(text) - len(one.text)]
        if one.by.altered:
            return self._in_anybodys_form(before)
        telling = one.act is Act.CHAT and len(one.text) >= _TELLING and " " in one.text
        return telling or self._in_form(before, one.by, line)

    def _in_form(self, before: str, speaker: Person, line: Line) -> bool:
        """Whether what stands before a text is exactly what this server puts before what she says, under any of her names."""
        if not before.strip():
            return not self._names_due or bool(self._form and self._form.fits(before, ""))
        return any(form.fits(before, name) for name in speaker.names(line.event) for form in self._forms())

    def _in_anybodys_form(self, before: str) -> bool:
        """Whether a message of somebody, whoever it may be, begins so."""
        return (not before.strip() and not self._names_due) or any(form.fits_anybody(before) for form in self._forms())

    def _forms(self) -> list[Form]:
        return [self._lines.chat_form, *([self._form] if self._form else [])]

    def _fault(self, hearer: Person, one: Saying, text: str, line: Line) -> Fault | None:
        """What is wrong with the line as this message; None if nothing is."""
        if one.by is hearer:
            return Fault.ECHO
        if one.act is Act.EXIT:
            return Fault.EXIT_RELAYED
        if one.act in (Act.RENAME, Act.COMMAND):
            return Fault.COMMAND_RELAYED
        before = text[: len(text) - len(one.text)]
        if before == self._lines.chat_form.filled(one.under) and not one.by.altered:
            return None  # most are
        if not before.strip() and not self._names_due:
            return None
        if self._form and not self._form.named:  # told once, where a message alone shows it
            return None if self._form.fits(before, "") else Fault.MIXED
        return self._wrong_name(one, before, line)

    def _wrong_name(self, one: Saying, before: str, line: Line) -> Fault | None:
        """What is wrong with the name before a message, in whatever form it stands there."""
        if one.by.altered:
            return None
        past = one.by.names(one.ended)
        present = [one.under, *(name for name in one.by.names(line.event) if name not in past)]
        if any(names(before, name) for name in present):
            return Fault.MIXED if self._lines.hold(before.replace(one.under, "", 1)) else None
        if any(names(before, name) for name in past):
            return Fault.UNDER_OLD_NAME
        others = self._record.names | self._record.strangers
        if self._lines.chat_form.fits_anybody(before) or any(names(before, name) for name in others):
            return Fault.UNDER_ANOTHER_NAME
        return Fault.MIXED if self._lines.hold(before) else Fault.NAMELESS

    def _take(self, hearer: Person, saying: Saying, line: Line) -> None:
        """A message has come as it should; whether in its order is left to see."""
        self._record.tell(hearer, saying)
        self._right.add((hearer, saying))
        place, pair = self._place[saying], (hearer, saying.by)
        if saying.ended > hearer.came and place < self._latest.get(pair, -1):
            self._record.blame(Fault.ORDER, hearer, line, saying=saying)
        self._latest[pair] = max(place, self._latest.get(pair, -1))
        if saying.plain and saying.by.came_as_usual:
            self._record.proven.add(Matter.MESSAGES)

    def _again(self, hearer: Person, right: list[Saying], line: Line) -> None:
        """A message has come before; to a newcomer it may be a replay."""
        if not any(one.ended < hearer.came for one in right):
            fault = Fault.AGAIN if self._record.tell(hearer, right[0], "again") else Fault.OVER_AND_OVER
            self._record.blame(fault, hearer, line, saying=right[0])

    # -- lines of any other form -----------------------------------------------------------------------------------

    def search(self, hearer: Person, extras: list[Line]) -> None:
        """Look for parts of what was said, and for what somebody known never said, in lines that are no statements."""
        distinct = list({line.text: line for line in reversed(extras)}.values())[::-1][:_MOST_EXTRAS]
        for line in distinct:
            self._search(hearer, line, self._lines.bare(line.text))

    def _search(self, hearer: Person, line: Line, text: str) -> None:
        inside = [one for one in self._spoken() if one.begun < line.event and one.text in text]
        if any(one.ended < hearer.came for one in inside):
            return  # a replay to a newcomer, in whatever form
        speaker = next((one for one in self._record.people if self._seems_to_speak(one, text, line)), None)
        if speaker:
            self._garbled(hearer, speaker, line)
        elif inside:
            fault = Fault.ECHO if inside[0].by is hearer else Fault.MIXED
            self._record.blame(fault, hearer, line, saying=inside[0])

    def _seems_to_speak(self, one: Person, text: str, line: Line) -> bool:
        """Whether a line has the form of her messages; a single word behind her name may tell what she does, such as `online`."""
        forms = [form for form in self._forms() if form.named]
        ends = (form.end_of_prefix(text, name) for name in one.names(line.event) for form in forms)
        said = [text[end:].strip() for end in ends if end is not None]
        return any(" " in one or one in self._record.names for one in said)

    def _spoken(self) -> Iterator[Saying]:
        """Texts that stand in no line by chance."""
        for person in self._record.people:
            for one in person.sayings if not person.altered else ():
                if one.act is Act.CHAT and len(one.text) >= _TELLING and " " in one.text:
                    yield one

    def _garbled(self, hearer: Person, speaker: Person, line: Line) -> None:
        """Judge a line under somebody's name, with a text that she never said: one of hers that did not come, or an invention."""
        said = [one for one in speaker.sayings if one.begun < line.event]
        if speaker.unfinished or any(not one.readable or one.act is Act.BLANK for one in said):
            return
        # What was said plainly before she came cannot be what is missing here.
        chat = (one for one in said if one.act is Act.CHAT and (one.begun > hearer.came or not one.plain))
        garbled = [one for one in chat if (hearer, one) not in self._right]
        missing = next((one for one in garbled if not self._record.is_told(hearer, one)), None)
        if speaker is hearer:
            self._record.blame(Fault.ECHO, hearer, line, name=speaker.name, person=speaker)
        elif missing:
            self._record.tell(hearer, missing)
            self._record.blame(Fault.CHANGED, hearer, line, saying=missing)
        elif not garbled:  # else it may be another part of what was told already
            self._record.blame(Fault.NEVER_SAID, hearer, line, name=speaker.name, person=speaker)

    # -- what is due -----------------------------------------------------------------------------------------------

    def look_for_what_is_due(self, hearer: Person, one: Person) -> None:
        """Blame each message of somebody that she should have got, and did not."""
        # What the server had not read of one who vanished is gone; one with a taken name it may have asked for another.
        if one.going is Going.RESET or one.altered:
            return
        for saying in one.sayings:
            due = saying.act is Act.CHAT and saying.readable and hearer.admitted < saying.begun
            if due and not self._record.is_told(hearer, saying):
                self._record.blame(Fault.LOST, hearer, saying=saying)


def _last_word(text: str) -> str:
    return text.rsplit(None, 1)[-1] if text else ""
