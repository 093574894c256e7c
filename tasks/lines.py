"""The lines of a chat in a course's words: how each is written, and what else is taken for it. Pure: no room, no socket.

Students' programs vary the form: a chat line may stand in brackets or in colour, a notice may end in another sign, a prompt may
stand before either. What counts as the same line is decided here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from grader.api import Expected, holds_word_of_ours


@dataclass(frozen=True)
class Lines:
    """The lines that a course's wording makes. By word, `wording` holds a form with placeholders, or a list of such forms."""

    wording: Mapping[str, object]

    def typed(self, word: str, **values: str) -> str:
        """The first form of a word with its placeholders filled, such as the line that asks for a new name."""
        return self._forms(word, **values)[0]

    def said(self, name: str, text: str) -> Expected:
        """A chat line in any form: the text at its end, before it the name or nothing with letters."""
        wanted = text.rstrip()

        def accepts(line: str) -> bool:
            line = self._without_prompt(line).rstrip()
            if not line.endswith(wanted):
                return False
            before = line[: len(line) - len(wanted)]
            rest = before.replace(name, "", 1)
            return (rest != before or not any(map(str.isalpha, before))) and not holds_word_of_ours(rest)

        return Expected(self.typed("chat", name=name, text=text), accepts)

    def joined(self, name: str) -> Expected:
        """The notice that this person came."""
        return self._notice("joined", name=name)

    def left(self, name: str, since: int = -1, *, exact: bool = False) -> Expected:
        """The notice that this person left, after the event `since`; unless `exact`, also any line of the server's naming her."""
        notice = self._notice("left", name=name)._replace(since=since)
        if exact:
            return notice
        joined = self.joined(name)  # may come late from a server that sends in batches

        def accepts(line: str) -> bool:
            return notice.accepts(line) or (
                _names(line, name) and not holds_word_of_ours(line) and not joined.accepts(line)
            )

        return notice._replace(accepts=accepts)

    def renamed(self, old: str, new: str) -> Expected:
        """The notice that a person has a new name."""
        return self._notice("renamed", old=old, new=new)

    def done(self) -> Expected:
        """The answer to EXIT."""
        wanted = [form.strip() for form in self._forms("done")]
        return Expected(wanted[0], lambda line: self._without_prompt(line).strip() in wanted, keyed=False)

    def plain(self, expected: Expected) -> Expected:
        """The same line, whether a prompt stands before it or not."""
        return expected._replace(
            accepts=lambda line: expected.accepts(line) or expected.accepts(self._without_prompt(line))
        )

    def _notice(self, word: str, **values: str) -> Expected:
        forms = self._forms(word, **values)
        wanted = {_bare(form) for form in forms}
        return Expected(
            forms[0],
            lambda line: _bare(self._without_prompt(line)) in wanted,
            keyed=False,
            names=tuple(values.values()),
        )

    def _forms(self, word: str, **values: str) -> list[str]:
        forms = self.wording[word]
        return [str(form).format(**values) for form in (forms if isinstance(forms, list) else [forms])]

    def _without_prompt(self, line: str) -> str:
        for prompt in self._forms("prompt"):
            if line.startswith(prompt):
                return line[len(prompt) :]
        return line


def _names(line: str, name: str) -> bool:
    """Whether the name stands in the line as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) is not None


def _bare(notice: str) -> str:
    """A notice without blanks at its ends and without one final full stop or exclamation mark."""
    notice = notice.strip()
    return notice[:-1].rstrip() if notice.endswith((".", "!")) else notice
