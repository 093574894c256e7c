"""How wide text is on a terminal, and where to break it. Pure.

Terminals differ: flags, skin tones, joined emoji, vowel signs and symbols of newer Unicode take one column or two, or none.
What a terminal took for wider than we do would go on at the left edge, where only the grader may write; so the most
counts that any terminal needs.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from rich.cells import cell_len

_JOINER, _NON_JOINER, _EMOJI_STYLE = "\u200d", "\u200c", "\ufe0f"
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def columns(text: str) -> int:
    """Count the columns that a text takes at most."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def breaks(text: str, room: int) -> list[int]:
    """Find where to break a text so that no line needs more than `room` columns, but for blanks at its end.

    It is broken before a word, in a word that is too long before a character with all its marks, and only in an endless
    one within it.
    """
    found: list[int] = []
    start = word = character = used = 0
    for place, sign in enumerate(text):
        if not sign.isspace() and text[place - 1 : place].isspace() and not text[start:place].isspace():
            word = place
        if not _continues(text, place):
            character = place
        used += _columns(sign)
        if used > room and place > start and not sign.isspace():
            start = next(one for one in (word, character, place) if one > start)
            found.append(start)
            used = columns(text[start : place + 1])
    return found


@cache
def _columns(sign: str) -> int:
    if unicodedata.east_asian_width(sign) in ("W", "F") or _FLAG_LETTERS[0] <= sign <= _FLAG_LETTERS[1]:
        return 2
    if unicodedata.category(sign) in ("Mn", "Me") and sign != _EMOJI_STYLE:
        return 0
    return max(cell_len(sign), 1)


def _continues(text: str, place: int) -> bool:
    """Whether a character belongs to the one before it: marks, joiners, what is joined, skin tones."""
    sign = text[place]
    return (
        unicodedata.category(sign) in ("Mn", "Me", "Mc")
        or sign in (_JOINER, _NON_JOINER)
        or text[place - 1 : place] == _JOINER
        or _SKIN_TONES[0] <= sign <= _SKIN_TONES[1]
    )
