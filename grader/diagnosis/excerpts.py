"""The lines around a place in a student's source, as evidence of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from grader.model.evidence import Excerpt
from grader.model.verdict import Where

_BEFORE, _AFTER, LONGEST_LINE = 6, 4, 500  # lines of an excerpt before and after the marked line; characters of a line


def excerpts(places: Iterable[Where], lines_of: Callable[[str], list[str]]) -> tuple[Excerpt, ...]:
    """The lines around these places, file by file in order of first occurrence; overlapping excerpts are joined."""
    marked: dict[str, set[int]] = {}
    for place in places:
        marked.setdefault(place.file, set()).add(place.line)
    return tuple(
        excerpt for file, numbers in marked.items() for excerpt in _of_file(file, sorted(numbers), lines_of(file))
    )


def _of_file(file: str, numbers: list[int], lines: list[str]) -> Iterator[Excerpt]:
    """The excerpts around these line numbers of a file, from its top to its end."""
    shown = {at for number in numbers for at in range(number - _BEFORE, number + _AFTER + 1)}
    shown &= set(range(1, len(lines) + 1))
    for first in sorted(at for at in shown if at - 1 not in shown):
        last = next(at for at in range(first, len(lines) + 1) if at + 1 not in shown)
        marked = tuple(number for number in numbers if first <= number <= last)
        texts = tuple(line[:LONGEST_LINE] for line in lines[first - 1 : last])
        yield Excerpt(file, first, texts, marked)
