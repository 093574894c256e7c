"""Phrases of reports for people: long values cut around their difference, paragraphs of guides, where to read on. Pure."""

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

    `gap` stands for the characters left out, with their number. A width that is too small for the difference is exceeded.
    If the transcript has cut the value already, the length of the uncut value is appended.
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
            pieces[-1] += value[done:high]  # the marker would be longer than the characters it replaces
        done = max(done, high)
    return " ".join(filter(None, pieces))


def _difference(value: str, other: str) -> tuple[int, int]:
    """The index where `value` first differs from `other`, and the index from which both have the same end."""
    shorter = min(len(value), len(other))
    start = bisect_left(range(shorter), x=True, key=lambda n: value[: n + 1] != other[: n + 1])
    end = bisect_left(range(shorter - start), x=True, key=lambda n: value[len(value) - n - 1 :] != other[-n - 1 :])
    return start, len(value) - end


class Paragraph(NamedTuple):
    """A paragraph of a check's guide; `point`: it is an item of a list."""

    text: str
    point: bool


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a part of a guide: a line with a dash begins a list item, any other continues its paragraph.

    The first letter is capitalised.
    """
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
    """The place to read on, such as `codelab section 4`, from the `Codelab:` part of a check's guide."""
    section = re.search(r"sections?\s+(\d+)", codelab, re.IGNORECASE) or re.fullmatch(r"\W*(\d+)\W*", codelab)
    return f"codelab section {section[1]}" if section else codelab and f"codelab: {codelab}"


def count(number: int, noun: str) -> str:
    """A number with its noun, such as `1 check`, `2 checks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def sections(codelab: str) -> frozenset[str]:
    """The sections (`4`) and tasks (`Task 2`) of the codelab that a check's guide names."""
    return frozenset(re.findall(r"Task \d+|\b\d+\b(?!, Task)", codelab))
