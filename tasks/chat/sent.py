"""What a client has sent, held against what was typed into it. Pure: lines in, what is wrong out.

Each line typed is sent once, as it was typed; blanks at its ends are nobody's matter. For an empty line an empty one may be sent,
or nothing. What a client makes of a command, or of what it asked for, is another matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple


class Typed(NamedTuple):
    """A line that was typed: as chat, as the answer to a question, or as a command of which the client may make what it likes."""

    text: str
    event: int
    answer: bool = False
    command: bool = False


class Sending(Enum):
    """What is wrong with a line sent, or not sent."""

    NAME_AGAIN = "the nickname is sent more than once"
    TWICE = "a line is sent more than once"
    CHANGED = "a line is not sent as it was typed"
    NOT_TYPED = "a line is sent that nobody typed"
    NEVER = "a line that was typed is never sent"


class Wrong(NamedTuple):
    """Something that is wrong: what was `typed`, what `came`, and which of the lines that came it is, if one of them."""

    sending: Sending
    typed: str
    came: str = ""
    number: int = -1


def wrong_sending(typed: Sequence[Typed], name: str, came: Sequence[str]) -> Wrong | None:
    """The first thing that is wrong with the lines that came, the first of which is the nickname's; None if all is right."""
    texts = [line.strip() for line in came]
    due = _Due(typed, name, named=texts[:1] == [name])
    for number, text in enumerate(texts[1:], start=1):
        if not due.accounts_for(text):
            return due.wrong(text, number)
    missing = next(filter(None, (one.text.strip() for one in due.chat if not one.command)), None)
    return Wrong(Sending.NEVER, missing) if missing else None


class _Due:
    """What is still to be sent of what was typed."""

    def __init__(self, typed: Sequence[Typed], name: str, *, named: bool) -> None:
        """`named`: the nickname has been sent."""
        self._name, self._named = name, named
        self._answers = [text for one in typed if one.answer and (text := one.text.strip()) != name]
        self.chat = [one for one in typed if not one.answer]
        self._sent: set[str] = set()

    def accounts_for(self, text: str) -> bool:
        """Whether there is a reason to send this line now; it is used up."""
        for place, one in enumerate(self.chat):
            if one.text.strip() == text:
                del self.chat[: place + 1]
                self._sent.add(text)
                return True
            if one.text.strip() and not one.command:
                break
        if text == self._name:
            before, self._named = self._named, True
            return not before
        if text in self._answers:
            self._answers.remove(text)
            return True
        if self.chat and self.chat[0].command:
            del self.chat[0]
            return True
        return False

    def wrong(self, text: str, number: int) -> Wrong:
        """What it is that a line shows for which there is no reason."""
        due = [one.text.strip() for one in self.chat]
        if text == self._name:
            return Wrong(Sending.NAME_AGAIN, text, text, number)
        if text and text in due:
            return Wrong(Sending.NEVER, next(filter(None, due)), text, number)
        if text in self._sent:
            return Wrong(Sending.TWICE, text, text, number)
        altered = next((one for one in due if _is_made_of(text, one)), None)
        if altered is not None:
            return Wrong(Sending.CHANGED, altered, text, number)
        return Wrong(Sending.NOT_TYPED, "", text, number)


def _is_made_of(text: str, typed: str) -> bool:
    """Whether a line looks like one that was typed: the same but for blanks and capitals, or with a part of it."""
    one, other = _letters(text), _letters(typed)
    return bool(one and other) and (one in other or other in one)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
