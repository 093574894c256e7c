"""The lines of a chat in a course's words: how each is written, and what else is taken for it. Pure: no room, no socket.

Students' programs vary the form: a chat line may stand in brackets or in colour, a notice may end in another sign, a prompt may
stand before either. What counts as the same line is decided here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from grader.api import Expected

_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x07")  # colours and the like, and bells


@dataclass(frozen=True)
class Form:
    """What stands before the text of a message: `before` the speaker's name, and `behind` it. Numbers in it may be others."""

    before: str
    behind: str
    named: bool = True

    @classmethod
    def of(cls, prefix: str, name: str) -> Form:
        """The form that this prefix of a message has, whose speaker bears that name."""
        before, found, behind = prefix.partition(name)
        return cls(before, behind, named=bool(found))

    def filled(self, name: str) -> str:
        """What stands before a message of somebody with this name."""
        return self.before + name + self.behind

    def fits(self, prefix: str, name: str) -> bool:
        """Whether a message of somebody with this name begins exactly so."""
        return self._pattern(name).fullmatch(prefix) is not None

    def fits_anybody(self, prefix: str) -> bool:
        """Whether a message of somebody, whatever her name, begins exactly so."""
        return any(map(str.isalnum, self._where_the_name_stands(prefix)))

    def name_in(self, prefix: str) -> str:
        """The name in what stands before a message, whatever it is; empty if there is none."""
        return self._where_the_name_stands(prefix) if self.named else ""

    def _where_the_name_stands(self, prefix: str) -> str:
        found = re.fullmatch(_any_numbers(self.before) + r"(\S|\S.*\S)" + _any_numbers(self.behind), prefix)
        return found[1] if found else ""

    def end_of_prefix(self, line: str, name: str) -> int | None:
        """Where the text begins in a line that begins like a message of somebody with this name; None for other lines."""
        found = self._pattern(name).match(line)
        return found.end() if found else None

    def _pattern(self, name: str) -> re.Pattern[str]:
        return re.compile(
            _any_numbers(self.before) + (re.escape(name) if self.named else "") + _any_numbers(self.behind)
        )


def _any_numbers(text: str) -> str:
    return r"\d+".join(map(re.escape, re.split(r"\d+", text)))


@dataclass(frozen=True)
class Lines:
    """The lines that a course's wording makes. By word, `wording` holds a form with placeholders, or a list of such forms.

    `hold`: whether a text contains a word that somebody has said.
    """

    wording: Mapping[str, object]
    hold: Callable[[str], bool]

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
            return (rest != before or not any(map(str.isalpha, before))) and not self.hold(rest)

        return Expected(self.typed("chat", name=name, text=text), accepts)

    def joined(self, name: str) -> Expected:
        """The notice that this person came."""
        return self._notice("joined", name=name)

    def left(self, name: str, since: int = -1, *, exact: bool = False) -> Expected:
        """The notice that this person left, after the event `since`; unless `exact`, without it any line that names her."""
        notice = self._notice("left", name=name)._replace(since=since)
        if exact:
            return notice
        joined = self.joined(name)  # may come late from a server that sends in batches

        def in_other_words(line: str) -> bool:
            return names(line, name) and not self.hold(line) and not joined.accepts(line)

        return notice._replace(otherwise=in_other_words)

    def renamed(self, old: str, new: str) -> Expected:
        """The notice that a person has a new name."""
        return self._notice("renamed", old=old, new=new)

    def done(self) -> Expected:
        """The answer to EXIT."""
        wanted = [form.strip() for form in self._forms("done")]
        return Expected(wanted[0], lambda line: self._without_prompt(line).strip() in wanted, keyed=False)

    # -- what a line is --------------------------------------------------------------------------------------------

    def bare(self, line: str) -> str:
        """The line without a prompt before it, colours, and blanks at its end."""
        return self._without_prompt(_ESCAPES.sub("", line)).rstrip()

    @cached_property
    def chat_form(self) -> Form:
        """The form of a message as the codelab has it."""
        before, _, behind = self.typed("chat", name="\0", text="").partition("\0")
        return Form(before, behind)

    def is_exit(self, typed: str) -> bool:
        """Whether a client's line is the word by which one leaves."""
        return typed.strip().upper() == self.typed("exit").upper()

    def new_name(self, typed: str) -> str | None:
        """The name that a client's line asks for, empty if it names none; None if it is no such command."""
        before, _, behind = self.typed("rename", new="\0").partition("\0")
        if typed.strip() == before.strip() + behind.strip():
            return ""
        if not (typed.startswith(before) and typed.endswith(behind)):
            return None
        return typed[len(before) : len(typed) - len(behind)].strip()

    def is_done(self, line: str) -> bool:
        """Whether the line is the answer to EXIT."""
        return line.strip() in {form.strip() for form in self._forms("done")}

    def told(self, line: str) -> tuple[str, dict[str, str]] | None:
        """What a line tells if it is a notice: the wording's word for it, and the names in it by their placeholders."""
        bare = _bare(line)
        for word, pattern in self._notices:
            match = pattern.fullmatch(bare)
            if match:
                return word, {placeholder: name.strip() for placeholder, name in match.groupdict().items()}
        return None

    @cached_property
    def _notices(self) -> list[tuple[str, re.Pattern[str]]]:
        """The patterns of notices, that with most of its own words first: another one may be more general."""
        placeholders = {"joined": ("name",), "left": ("name",), "renamed": ("old", "new")}
        forms = [
            (word, _bare(form))
            for word, names_in_it in placeholders.items()
            for form in self._forms(word, **{name: f"\0{name}\0" for name in names_in_it})
        ]
        forms.sort(key=lambda one: -len(re.sub(r"\0\w+\0", "", one[1])))
        return [(word, re.compile(_pattern_of(form))) for word, form in forms]

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


def _pattern_of(form: str) -> str:
    """The pattern of a form with names between NULs: a group for each, the same one where it stands again."""
    parts, known = re.split(r"\0(\w+)\0", form), set[str]()
    pattern = re.escape(parts[0])
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        pattern += (f"(?P={name})" if name in known else f"(?P<{name}>.+)") + re.escape(text)
        known.add(name)
    return pattern


def names(line: str, name: str) -> bool:
    """Whether the name stands in the line as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) is not None


def _bare(notice: str) -> str:
    """A notice without blanks at its ends and without one final full stop or exclamation mark."""
    notice = notice.strip()
    return notice[:-1].rstrip() if notice.endswith((".", "!")) else notice
