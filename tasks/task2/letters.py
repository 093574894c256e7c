"""What a reader sees of a text: letters without the signs that cannot be seen, and its skeleton, in which look-alikes are one.

Pure: text in, text out. The look-alikes are those of Unicode Technical Standard 39.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters by their category, and blank
_BESIDE_EACH_OTHER = str.maketrans({"i": "l", "1": "l", "|": "l", "0": "o", "m": "rn"})  # among the small ASCII letters
_LETTERS_OF_A_WORD = 3  # in a script that puts no blanks between words, or has no capitals: about so many


def visible(text: str) -> str:
    """The text without format signs, such as zero-width spaces and joiners, and without fillers."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf" and sign not in _FILLERS)


def skeleton(text: str) -> str:
    """The text with one sign for all that look alike to a reader, small and without accents."""
    seen = _without_marks(unicodedata.normalize("NFKD", visible(text)))
    return "".join(map(_latin, seen)).lower().translate(_BESIDE_EACH_OTHER)


def words(text: str) -> int:
    """About how many words a text has, by its letters: Chinese and Thai have no blanks, and dashes are no words."""
    return sum(map(_words_in, visible(text).split()))


def _words_in(part: str) -> int:
    letters = sum(map(str.isalpha, part))
    without_case = sum(unicodedata.category(sign) == "Lo" for sign in part)
    return max(without_case // _LETTERS_OF_A_WORD, bool(letters))


@cache
def _latin(sign: str) -> str:
    """The Latin letters or digits that a sign can be taken for; the sign itself if there are none."""
    if sign.isascii():
        return sign
    from confusable_homoglyphs import confusables  # a tenth of a second, for who answers beyond ASCII

    alike = (_without_marks(one["c"]) for one in confusables.confusables_data.get(sign, ()))
    return next((text for text in alike if text.isascii() and text.isalnum()), sign)


def _without_marks(text: str) -> str:
    return "".join(sign for sign in text if not unicodedata.combining(sign))
