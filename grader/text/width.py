"""The width of text on a terminal, and its line breaks. Pure.

Terminals differ: flags, skin tones, joined emoji, vowel signs and symbols of newer Unicode take one column or two, or none.
A line that is too wide for a terminal would continue at the left edge, where only the grader may write; so widths are
those of the terminal that needs the most columns.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from rich.cells import cell_len

_JOINER, _NON_JOINER, _EMOJI_STYLE = "\u200d", "\u200c", "\ufe0f"
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def columns(text: str) -> int:
    """The number of columns that a text takes at most."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def breaks(text: str, room: int) -> list[int]:
    """The indices at which to break a text so that no line needs more than `room` columns, apart from blanks at its end.

    Breaks come before a word; in a word that is too long, before a character with its marks; and inside such a sequence
    only if it is itself too wide.
    """
    indices: list[int] = []
    start = word = character = used = 0
    for place, sign in enumerate(text):
        if not sign.isspace() and text[place - 1 : place].isspace() and not text[start:place].isspace():
            word = place
        if not _continues(text, place):
            character = place
        used += _columns(sign)
        if used > room and place > start and not sign.isspace():
            start = next(at for at in (word, character, place) if at > start)
            indices.append(start)
            used = columns(text[start : place + 1])
    return indices


@cache
def _columns(sign: str) -> int:
    if unicodedata.east_asian_width(sign) in ("W", "F") or _FLAG_LETTERS[0] <= sign <= _FLAG_LETTERS[1]:
        return 2
    if unicodedata.category(sign) in ("Mn", "Me") and sign != _EMOJI_STYLE:
        return 0
    return max(cell_len(sign), 1)


def _continues(text: str, place: int) -> bool:
    """Whether the character at `place` belongs to the one before it: a mark, joiner, joined emoji or skin tone."""
    sign = text[place]
    return (
        unicodedata.category(sign) in ("Mn", "Me", "Mc")
        or sign in (_JOINER, _NON_JOINER)
        or text[place - 1 : place] == _JOINER
        or _SKIN_TONES[0] <= sign <= _SKIN_TONES[1]
    )
