"""Groups of written answers that say the same. Pure: texts in, groups out.

Two answers are equal if their words are, and nearly equal if they differ in spelling, endings and small words only. How many
words two answers share tells nothing: "the main thread receives and the listener types" shares all with its opposite. So
every word that carries meaning must stand in both, in the same order; a word more, a "not" or another number parts them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

Words = tuple[str, ...]

_SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an the this that these those which it its s i we you they them there is are was were be been being has have had "
        "do does did will would can could may so and then thus also just both up of to in at on for by as",
    )
)
_SPELLING = 0.82  # least likeness of two spellings of a word; measured: slips have 0.83 and more, most other words less
_LONGEST = 30  # letters of a word whose spelling is looked at


def words(text: str) -> Words:
    """The words, without case, punctuation, blanks and differing widths of letters."""
    text = re.sub(r"n['\u2019]t\b", " not", unicodedata.normalize("NFKC", text).casefold())
    return tuple(re.findall(r"\w+|[<>=]", text)) or (text,)


def nearly(one: Words, other: Words) -> bool:
    """Whether two answers differ only in spelling, endings and small words."""
    return _matches(_weighty(one), _weighty(other))


def groups(texts: Sequence[Words]) -> list[list[int]]:
    """Groups of indices of equal or nearly equal texts, the largest first, the most frequent wording first in each.

    Every text of a group is nearly equal to every other: a chain of small steps joins nothing.
    """
    places: dict[Words, list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(text, []).append(place)
    grouped: list[list[tuple[Words, Words]]] = []  # of each group the wordings, each with its words that carry meaning
    by_length: dict[int, list[list[tuple[Words, Words]]]] = {}
    for wording in sorted(places, key=lambda wording: (-len(places[wording]), wording)):
        weighty = _weighty(wording)
        likely = by_length.setdefault(len(weighty), [])
        group = next((group for group in likely if all(_matches(weighty, member) for _, member in group)), None)
        if group is None:
            group = []
            grouped.append(group)
            likely.append(group)
        group.append((wording, weighty))
    joined = [[place for wording, _ in group for place in places[wording]] for group in grouped]
    return sorted(joined, key=lambda group: (-len(group), texts[group[0]]))


def differences(text: str, base: str) -> list[tuple[str, str]]:
    """The words of `text` in pieces, each with "=" if `base` has them, too, "+" if it has not, "-" if only it has them."""
    text_words, base_words = text.split(), base.split()
    signs = {"equal": "=", "insert": "+", "delete": "-", "replace": "-+"}
    pieces = []
    for kind, from_base, to_base, start, end in SequenceMatcher(None, base_words, text_words).get_opcodes():
        for sign in signs[kind]:
            pieces.append((sign, " ".join(base_words[from_base:to_base] if sign == "-" else text_words[start:end])))
    return pieces


def _weighty(text: Words) -> Words:
    return tuple(word for word in text if word not in _SMALL) or text


def _matches(one: Words, other: Words) -> bool:
    return len(one) == len(other) and all(a == b or _spelled_alike(a, b) for a, b in zip(one, other, strict=True))


@lru_cache(maxsize=10_000)
def _spelled_alike(one: str, other: str) -> bool:
    if one[0] != other[0] or max(len(one), len(other)) > _LONGEST or not (one.isalpha() and other.isalpha()):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _SPELLING
