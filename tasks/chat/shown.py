"""What stands on a client's screen, held against what was sent to it. Pure: messages and lines in, what is wrong out.

A client may show a message in any form: with a time, in a box, wrapped, in a window that it draws anew. So only what is plain is
wrong: a line that stands there again in the same form, or one in the form in which this client shows messages, and not true. All
other lines are the client's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise, product
from typing import NamedTuple

from grader.api import without_numbers
from tasks.chat.arrivals import Arrival, Said

_PLAIN = 8  # characters of a text that is not found on a screen by chance
_WORD = 4  # of a word


class Showing(Enum):
    """What is wrong with what is shown."""

    AGAIN = "a message is shown more than once"
    IN_PART = "a part of a message is shown beside the whole"
    SOMEBODY_ELSES = "a message is shown under another name"
    NAMELESS = "messages are shown without their speaker"
    INVENTED = "a message is shown that nobody sent"
    AS_OWN = "a message is shown as one of the user's own, too"
    DISORDER = "messages are shown in another order than they came in"


class Odd(NamedTuple):
    """Something that is wrong: the message that it is about or, of an invented one, follows; and the `lines` that show it."""

    showing: Showing
    about: Said
    lines: tuple[str, ...]


def odd_showings(said: Sequence[Said], standing: Sequence[str], printed: Sequence[str], own: str = "") -> Iterator[Odd]:
    """All that is wrong with the lines that stand on a screen; `printed` are all that the client has printed.

    `own`: the name of the client's user, who has said nothing of this.
    """
    screen = _Screen(said, standing, printed)
    yield from screen.shown_again()
    yield from screen.shown_under_another_name()
    yield from screen.shown_without_names()
    yield from screen.invented()
    yield from screen.shown_as_own(own)
    yield from screen.disordered()


class _Place(NamedTuple):
    """Where a message stands: the number of the line, and the columns of its text."""

    line: int
    start: int
    end: int


class _Screen:
    """The lines of a screen, with the messages found in them."""

    def __init__(self, said: Sequence[Said], lines: Sequence[str], printed: Sequence[str]) -> None:
        self._said, self._lines, self._printed = said, lines, printed
        self._speakers = list(dict.fromkeys(one.speaker for one in said))
        self._places: dict[Said, list[_Place]] = {one: [] for one in said}
        for number, line in enumerate(lines):
            for one, place in _found(said, number, line):
                self._places[one].append(place)

    def _parted(self, place: _Place) -> tuple[str, str]:
        """What stands before a message's text and behind it."""
        line = self._lines[place.line]
        return line[: place.start], line[place.end :]

    def shown_again(self) -> Iterator[Odd]:
        """Messages that stand there in the same form more often than they were sent."""
        often = Counter(one.text for one in self._said)
        for one, places in self._places.items():
            forms = Counter(tuple(map(_form, self._parted(place))) for place in places)
            form, count = forms.most_common(1)[0] if forms else (None, 0)
            if count > often[one.text]:
                same = [place for place in places if tuple(map(_form, self._parted(place))) == form]
                yield Odd(Showing.AGAIN, one, tuple(self._lines[place.line] for place in same))
            elif len(one.text) > _LONG and _letters("".join(self._lines)).count(_letters(one.text)) > often[one.text]:
                yield Odd(Showing.AGAIN, one, tuple(line for line in self._lines if one.text[:_PLAIN] in line))

    def shown_under_another_name(self) -> Iterator[Odd]:
        """Messages that stand there under somebody else's name, and nowhere under that of their speaker."""
        for one, places in self._places.items():
            before = [self._parted(place)[0] for place in places]
            others = [name for name in self._speakers if name != one.speaker]
            wrong = [
                self._lines[place.line]
                for place, part in zip(places, before, strict=True)
                if any(_whole(name).search(part) for name in others)
            ]
            if wrong and not any(one.speaker in part for part in before):
                yield Odd(Showing.SOMEBODY_ELSES, one, tuple(wrong))

    def invented(self) -> Iterator[Odd]:
        """Lines in the form of a message, under the name of a speaker, with a text that she did not say."""
        forms = {form for one in self._said for form in self._forms_of(one)}
        for (between, before), name, (number, line) in product(sorted(forms), self._speakers, enumerate(self._lines)):
            head, found, text = line.partition(name + between)
            if found and _form(head) == before and _letters(text):
                odd = self._looks_like_part(name, number, text) or self._looks_like_news(name, number, text)
                yield from [Odd(*odd, (line,))] if odd else []

    def shown_as_own(self, own: str) -> Iterator[Odd]:
        """Messages that stand there in the form of a message of the user's own as well."""
        for one, places in self._places.items() if own else ():
            forms = set(self._forms_of(one))
            for place in places:
                head, name, between = self._parted(place)[0].rpartition(own)
                if name and (between, _form(head)) in forms:
                    yield Odd(Showing.AS_OWN, one, (self._lines[place.line],))

    def _looks_like_part(self, name: str, number: int, text: str) -> tuple[Showing, Said] | None:
        """What is wrong with a text under a name if it is a part of what she said: each such message stands whole elsewhere."""
        parts = [one for one in self._said if one.speaker == name and _letters(text) in _letters(one.text)]
        whole = [one for one in parts if any(place.line != number for place in self._places[one])]
        exact = [one for one in parts if _letters(text) == _letters(one.text)]
        cut = text.rstrip().endswith(("...", "…"))
        return (Showing.IN_PART, whole[0]) if whole and whole == parts and not exact and not cut else None

    def _looks_like_news(self, name: str, number: int, text: str) -> tuple[Showing, Said] | None:
        """What is wrong with a text under a name if nothing that she said begins like it; something else may stand behind it."""
        letters, begins = _letters(text), _letters("".join(text.split()[:2]))
        own = [one for one in self._said if one.speaker == name]
        said = [_letters(one.text) for one in own]
        if any(begins in one or letters.startswith(one) for one in said) or " " not in text.strip():
            return None  # a single word may tell what she does, such as `online`
        others = [one for one, places in self._places.items() if any(place.line == number for place in places)]
        if others:
            return Showing.SOMEBODY_ELSES, others[0]
        return Showing.INVENTED, self._mixed_from(text) or own[-1]._replace(arrival=Arrival.ALONE)

    def _mixed_from(self, text: str) -> Said | None:
        """The first message of which a word stands in a text that nobody said."""
        words = [word for word in text.split() if len(word) >= _WORD]
        return next((one for one in self._said if any(word in one.text for word in words)), None)

    def _forms_of(self, one: Said) -> Iterator[tuple[str, str]]:
        """The forms in which a message stands there: the signs between name and text, and what stands before the name."""
        for place in self._places[one]:
            head, name, between = self._parted(place)[0].rpartition(one.speaker)
            if name and between.strip() and not any(map(str.isalnum, between)):
                yield between, _form(head)

    def shown_without_names(self) -> Iterator[Odd]:
        """Messages of somebody whose name the client has never printed."""
        for name in self._speakers:
            if not any(name in line for line in self._printed):
                shown = [
                    (one, places[0].line) for one, places in self._places.items() if places and one.speaker == name
                ]
                yield from (Odd(Showing.NAMELESS, one, (self._lines[line],)) for one, line in shown[:1])

    def disordered(self) -> Iterator[Odd]:
        """Messages that were printed before earlier ones and stand there so, unless all stand from the newest to the oldest."""
        often = Counter(one.text for one in self._said)
        shown = [
            (places[0], one)
            for one, places in self._places.items()
            if len(places) == 1 and often[one.text] == 1 and len(one.text) >= _PLAIN
        ]
        down = [pair for pair in pairwise(shown) if pair[0][0] > pair[1][0]]
        if len(down) < len(shown) - 1:
            for (place, earlier), (later, about) in down:
                if self._first_printed(about) < self._first_printed(earlier):
                    yield Odd(Showing.DISORDER, about, (self._lines[later.line], self._lines[place.line]))

    def _first_printed(self, one: Said) -> tuple[int, int]:
        places = ((number, line.find(one.text)) for number, line in enumerate(self._printed) if one.text in line)
        return next(places, (len(self._printed), 0))


def _found(said: Iterable[Said], number: int, line: str) -> Iterator[tuple[Said, _Place]]:
    """The messages in a line: the longer ones first, and none within the text of another."""
    taken: list[_Place] = []
    for one in sorted(said, key=lambda one: -len(one.text)):
        place = _place(one, number, line)
        if place and not any(other.start <= place.start < other.end and place not in taken for other in taken):
            taken.append(place)
            yield one, place


def _place(one: Said, number: int, line: str) -> _Place | None:
    """Where a message stands in a line. A short text is looked for right behind the name only."""
    if one.text not in line or not one.text.strip():
        return None
    if len(one.text) >= _PLAIN:
        found = _whole(one.text).search(line)
        return _Place(number, *found.span()) if found else None
    found = re.search(rf"{re.escape(one.speaker)}\W{{1,12}}?({_whole(one.text).pattern})", line)
    return _Place(number, *found.span(1)) if found else None


def _whole(words: str) -> re.Pattern[str]:
    """These words, not as parts of longer ones."""
    start, end = (r"(?<!\w)" * words[0].isalnum(), r"(?!\w)" * words[-1].isalnum())
    return re.compile(f"{start}{re.escape(words)}{end}")


def _form(text: str) -> str:
    """What a text is apart from its numbers and signs."""
    return _letters(without_numbers(text))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def is_shown(text: str, *views: Sequence[str]) -> bool:
    """Whether a text stands in the lines of one of these views of a screen, be it wrapped.

    A long one may be cut where signs say so, and lose three words to what stands where it is wrapped, but not the last.
    """
    wanted, seen = _letters(text), [_letters("".join(lines)) for lines in views]
    if any(wanted in letters for letters in seen):
        return True
    words = [*map(_letters, text.split())]
    missing = [word for word in words if not any(word in letters for letters in seen)]
    is_whole = len(missing) <= _MOST_LOST and words[-1] not in missing
    return len(text) > _LONG and (is_whole or any(_is_cut_openly(text, line) for lines in views for line in lines))


def _is_cut_openly(text: str, line: str) -> bool:
    """Whether a line holds the beginning of a long text, and then three dots."""
    _, begins, rest = line.partition(text[:_LONG])
    dots = re.search(r"\s*[\[(]?(\.\.\.|…)", rest)
    return bool(begins) and dots is not None and text[_LONG:].startswith(rest[: dots.start()])


_LONG, _MOST_LOST = 100, 3  # characters; words
