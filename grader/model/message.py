"""Sentences that remember of what they were made: a template, and the values in its holes.

Two failures are of one kind if their templates are equal; they then differ in values only. So what varies from one student
to the next is a value, and everything else stands in the template.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

Value = str | int

NUMBER = re.compile(r"(?P<number>\d+(?:[.,:]\d+)*)")
"""For `Message.parted`: numbers vary."""


_LONGEST_PARTED = 1_000  # characters


class Message(str):
    """A sentence made of a template and values. A plain string counts as a template without holes.

    A value that is a Message itself brings its own template: what it says belongs to the kind, its values do not. A value
    whose name ends in `nick` is a nickname. Braces in values are text.
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, Value]

    def __new__(cls, template: str, /, **values: Value) -> Message:
        """Fill the template, as `str.format` does."""
        made = super().__new__(cls, template.format_map(values))
        made.template, made.values = template, values
        return made

    @classmethod
    def of(cls, text: str) -> Message:
        """The sentence as it is if it is a Message; else a Message without values."""
        return text if isinstance(text, Message) else cls(_without_holes(text))

    @classmethod
    def parted(cls, text: str, varies: re.Pattern[str]) -> Message:
        """A text that we did not word: each match of a pattern is a value, named by the group that matched.

        A text of more than 1,000 characters is a value as a whole: a pattern may take the square of its length. The second value
        of a name is called `name2`, and so on. Every alternative of the pattern is a named group.
        """
        if len(text) > _LONGEST_PARTED:
            return cls("{text}", text=text)
        template, end = "", 0
        values: dict[str, Value] = {}
        count: Counter[str] = Counter()
        for found in varies.finditer(text):
            group = found.lastgroup or "value"
            count[group] += 1
            name = group if count[group] == 1 else f"{group}{count[group]}"
            template += f"{_without_holes(text[end : found.start()])}{{{name}}}"
            values[name], end = found[0], found.end()
        return cls(template + _without_holes(text[end:]), **values)

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Value]]:
        """For copies, and on the way from a worker process."""
        return (self.template,), self.values

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON; a value that is a Message becomes such data, too."""
        values = {name: value.as_dict() if isinstance(value, Message) else value for name, value in self.values.items()}
        return {"template": self.template, "values": values}


def joined(first: str, then: str, by: str = "; ") -> str:
    """Both sentences as one; the other alone where one is empty."""
    if not first or not then:
        return first or then
    return Message("{first}" + _without_holes(by) + "{then}", first=Message.of(first), then=Message.of(then))


def _without_holes(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
