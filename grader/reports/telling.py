"""How reports for people tell a failure: long values around their difference, each cause once, where to read on. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left

from grader.check import Where

GAP = "… ({:,} characters) …"


def shorten(value: str, other: str, width: int, gap: str = GAP) -> str:
    """Cut `value` to `width` characters: its start, and where it first and last differs from `other`.

    What is left out is counted in its place. A width too small for that is exceeded: the difference is always kept.
    """
    if len(value) <= width:
        return value
    places = sorted({0, *_difference(value, other)})
    marker = len(gap.format(len(value))) + 2
    gaps = len(places) - (places[-1] == len(value))
    share = max((width - gaps * marker) // len(places), 8)
    lows = [max(min(place - share // 2, len(value) - share), 0) for place in places]
    pieces, done = [""], 0
    for low, high in [*((low, low + share) for low in lows), (len(value), len(value))]:
        if low - done > marker:
            pieces += [gap.format(low - done), value[low:high]]
        else:
            pieces[-1] += value[done:high]  # leaving that out would take more room than it
        done = max(done, high)
    return " ".join(filter(None, pieces))


def _difference(value: str, other: str) -> tuple[int, int]:
    """Where `value` first differs from `other`, and where the two are the same again up to the end."""
    shorter = min(len(value), len(other))
    start = bisect_left(range(shorter), x=True, key=lambda n: value[: n + 1] != other[: n + 1])
    end = bisect_left(range(shorter - start), x=True, key=lambda n: value[len(value) - n - 1 :] != other[-n - 1 :])
    return start, len(value) - end


class Told:
    """Remembers which causes have been told, and by which check first."""

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], str] = {}

    def above(self, check_id: str, hint: str, where: Where | None, program_output: str) -> str:
        """The check by which the cause of this failed one has been told already; empty if it is new."""
        causes = _causes(hint, where, program_output)
        above = next((self._first[cause] for cause in causes if cause in self._first), "")
        for cause in causes:
            self._first.setdefault(cause, above or check_id)
        return above


def _causes(hint: str, where: Where | None, program_output: str) -> list[tuple[object, ...]]:
    """Say what makes two failures the same: hint and place, or the crash of the program and the place (or hint)."""
    causes: list[tuple[object, ...]] = [(hint, where)] if where else []
    _, crashed, traceback = program_output.rpartition("Traceback (most recent call last):\n")
    if crashed:
        frames = re.findall(r'^ *File "(.*)", line (\d+)', traceback, re.MULTILINE)
        error = re.search(r"^[\w.]+", traceback, re.MULTILINE)
        causes.append((*frames, error and error[0], where or hint))
    return causes


def reading(codelab: str) -> str:
    """Where to read on, from what a check's guide says of the codelab."""
    found = re.search(r"sections?\s+(\d+)", codelab, re.IGNORECASE) or re.fullmatch(r"\W*(\d+)\W*", codelab)
    return f"codelab section {found[1]}" if found else codelab and f"codelab: {codelab}"


def count(number: int, noun: str) -> str:
    """Say how many there are of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
