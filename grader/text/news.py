"""Which lines of a stream are new: those that differ in more than their numbers."""

from __future__ import annotations

import re

_NUMBER, _OFTEN = re.compile(r"\d+"), 5


class News:
    """Tells what is new from what comes over and over: that says nothing about what was done meanwhile."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def is_news(self, text: str) -> bool:
        """Whether a text has come a few times at most, its numbers apart."""
        pattern = without_numbers(text)
        self._seen[pattern] = self._seen.get(pattern, 0) + 1
        return self._seen[pattern] <= _OFTEN


def without_numbers(text: str) -> str:
    """The text with a zero for each number: a clock or a counter says the same each time."""
    return _NUMBER.sub("0", text)
