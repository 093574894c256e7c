"""How reports for people tell a failure: long values around their difference, each cause once, where to read on. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import NamedTuple

from grader.model.verdict import CUT

GAP = "… ({:,} characters) …"
GUIDE = {  # the parts of a check's guide, and their headings
    "does": "What it does",
    "why": "Why it matters",
    "mistakes": "What usually goes wrong",
    "codelab": "In the codelab",
}


def shorten(value: str, other: str, width: int, gap: str = GAP) -> str:
    """Cut `value` to `width` characters: its start, and where it first and last differs from `other`.

    What is left out is counted in its place. A width too small for that is exceeded: the difference is always kept. Of what
    the transcript has cut already, the length of the whole is told.
    """
    if len(value) <= width:
        return value
    cut = CUT.search(value)
    if not cut:
        return _shortened(value, other, width, gap)
    whole = f" {gap.partition(' ')[0]} of {cut[1]}"
    return _shortened(value[: cut.start()], CUT.sub("", other), width - len(whole), gap) + whole


def _shortened(value: str, other: str, width: int, gap: str) -> str:
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


class Paragraph(NamedTuple):
    """A paragraph of a check's guide; `point`: it is one of a list."""

    text: str
    point: bool


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a part of a guide, which begins with a capital: a line with a dash begins one, any other goes on."""
    found: list[Paragraph] = []
    for line in map(str.strip, f"{text[:1].upper()}{text[1:]}".splitlines()):
        if line.startswith("- "):
            found.append(Paragraph(line[2:], point=True))
        elif found:
            found[-1] = found[-1]._replace(text=f"{found[-1].text} {line}")
        else:
            found.append(Paragraph(line, point=False))
    return found


def reading(codelab: str) -> str:
    """Where to read on, from what a check's guide says of the codelab."""
    found = re.search(r"sections?\s+(\d+)", codelab, re.IGNORECASE) or re.fullmatch(r"\W*(\d+)\W*", codelab)
    return f"codelab section {found[1]}" if found else codelab and f"codelab: {codelab}"


def count(number: int, noun: str) -> str:
    """Say how many there are of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sections(codelab: str) -> frozenset[str]:
    """The parts of the codelab that a check's guide names: numbers of sections, and tasks, which are parts of one."""
    return frozenset(re.findall(r"Task \d+|\b\d+\b(?!, Task)", codelab))
