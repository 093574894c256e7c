"""The lines around a place in a student's source, as evidence of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from grader.model.evidence import Excerpt
from grader.model.verdict import Where

_BEFORE, _AFTER, LONGEST_LINE = 6, 4, 500  # lines of an excerpt around the one that is meant; characters of each


def excerpts(places: Iterable[Where], lines_of: Callable[[str], list[str]]) -> tuple[Excerpt, ...]:
    """The lines around these places, in the order of the files as they first occur; what lies close together is one piece."""
    marked: dict[str, set[int]] = {}
    for place in places:
        marked.setdefault(place.file, set()).add(place.line)
    return tuple(piece for file, numbers in marked.items() for piece in _pieces(file, sorted(numbers), lines_of(file)))


def _pieces(file: str, numbers: list[int], lines: list[str]) -> Iterator[Excerpt]:
    """The lines around these line numbers of one file, from its top to its end."""
    shown = {at for number in numbers for at in range(number - _BEFORE, number + _AFTER + 1)}
    shown &= set(range(1, len(lines) + 1))
    for first in sorted(at for at in shown if at - 1 not in shown):
        last = next(at for at in range(first, len(lines) + 1) if at + 1 not in shown)
        meant = tuple(number for number in numbers if first <= number <= last)
        texts = tuple(line[:LONGEST_LINE] for line in lines[first - 1 : last])
        yield Excerpt(file, first, texts, meant)
