"""Recognition of new lines in a stream: lines that differ from earlier ones in more than their numbers."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d+")
_OFTEN = 5  # times that a line still counts as new


class News:
    """Tells new text from text that is repeated (a clock, a ping) and so is no reaction to anything."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def is_news(self, text: str) -> bool:
        """Count a text; whether it has come at most five times so far, apart from its numbers."""
        pattern = without_numbers(text)
        self._seen[pattern] = self._seen.get(pattern, 0) + 1
        return self._seen[pattern] <= _OFTEN


def without_numbers(text: str) -> str:
    """The text with each number replaced by 0, so that the lines of a clock or counter are equal."""
    return _NUMBER.sub("0", text)
