r"""Functions that make hostile text harmless, one for each kind of output. All text from students must pass one of them.

File names, chat lines and program output are the student's. No character is dropped: control and invisible characters
are spelled out as in Python (`\x1b`, `\u202e`), and so are bytes that are not UTF-8 (`\xff`). A backslash stays as it is:
the spelling is for people, and not meant to be parsed.

Text in any language stays readable. An invisible character stays only where it changes the picture: a joiner
between emoji, after a virama or between Arabic letters, a variation selector after a symbol. Elsewhere it would make two
different texts look the same. Right-to-left letters stay in the order in which they came; only HTML isolates them.

Pure: text in, text out.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from json import dumps

_JOINER, _NON_JOINER, _EMOJI_STYLE, _KEYCAP = "\u200d", "\u200c", "\ufe0f", "\u20e3"
_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_IDEOGRAPHIC_SPACE = "\u3000"
_MARKS = 8  # on one letter: Tibetan has such a syllable, and more would be drawn over neighbouring lines
_VIRAMA = 9  # combining class
_SHOWS_NOTHING = re.compile(  # fillers and variation selectors, which are invisible but count as printable
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_ZERO_WIDTH_SPACE = "\u200b"  # ours alone: `_visible` leaves none


def terminal(text: str, encoding: str = "utf-8") -> str:
    """Text for one line of a terminal of this encoding: no escape sequence, no line break, no command for a CI log.

    For rich, wrap it in `rich.text.Text`: the markup of rich is not escaped.
    """
    text = re.sub(r"##(?=\w*\[)", r"\\x23#", _visible(text))  # ##[error] and the like are obeyed anywhere in a line
    return text.encode(encoding, "backslashreplace").decode(encoding)


def json(data: object, indent: int | None = 2) -> str:
    r"""Plain data as JSON in ASCII without control characters: safe in every encoding and on every terminal.

    All text reads back unchanged except lone surrogates, which many readers refuse (RFC 7493, 2.1): they are spelled out
    (`\xff` for a byte that is not UTF-8).
    """

    def escaped(match: re.Match[str]) -> str:
        return dumps(_spelled(match[0]) if "\ud800" <= match[0] <= "\udfff" else match[0])[1:-1]

    return re.sub(r"[^\x00-\x7e]", escaped, dumps(data, indent=indent, allow_nan=False, ensure_ascii=False))


def line(text: str) -> str:
    """Text as one line of plain text, to be measured or cut. The result must still pass the sink of its output."""
    return _visible(text)


class Markup(str):
    """Escaped HTML, which a template engine such as jinja2 does not escape again."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def html(text: str) -> Markup:
    """Text for an element or a quoted attribute. Line breaks stay; right-to-left lines are isolated (Unicode UAX #9)."""
    lines = _visible(text, keep="\n\t").split("\n")
    isolated = (f"\u2068{line}\u2069" if _right_to_left(line) else line for line in lines)
    return Markup(escape("\n".join(isolated)))


def xml(text: str) -> str:
    """Text with characters of XML 1.0 only; escaping the markup is left to the library that writes the XML."""
    return _visible(text, keep="\n\t")


def csv(value: str | float) -> str | float:
    """A cell for the csv module: numbers unchanged; text on one line, and marked so that no spreadsheet runs it as a formula.

    The text after each possible separator is marked, too: a file with commas may be opened where semicolons separate.
    """
    if not isinstance(value, str):
        return value
    return re.sub(r"(?:^|[;,|])[\s\"']*(?=(\S))", _guarded, _visible(value))


def _guarded(match: re.Match[str]) -> str:
    formula = unicodedata.normalize("NFKC", match[1])[:1] in ("=", "+", "-", "@", "\u2212")  # full-width signs, too
    return f"{match[0]}'" if formula else match[0]


def markdown(text: str) -> str:
    """Text for a line or table cell of Markdown. For GitHub, where escaped signs still make links, those are broken up."""
    text = re.sub(r"(?i)(?<=[@#:])(?=\S)|(?=\$)|(?<=www)(?=\.)|(?<=gh-)(?=\d)", _ZERO_WIDTH_SPACE, _visible(text))
    text = re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", text)
    return re.sub(r"^\s|\s$", lambda blank: f"&#{ord(blank[0])};", text)  # no code block, no hard line break


def markdown_block(text: str) -> str:
    """Lines of text as a fenced code block of Markdown, which must stand at the left margin."""
    text = _visible(text, keep="\n\t")
    fence = max(("```", *(f"{run}`" for run in re.findall("`+", text))), key=len)
    return f"{fence}text\n{text}\n{fence}\n"


def annotation(text: str) -> str:
    """The message of a GitHub workflow command such as `::error::`."""
    return _visible(text, keep="\n").replace("%", "%25").replace("\n", "%0A")


def annotation_property(text: str) -> str:
    """A property of a GitHub workflow command, such as the file's name."""
    return annotation(text).replace(":", "%3A").replace(",", "%2C")


def is_workflow_command(line: str) -> bool:
    """Whether GitHub would execute this line of a job's log as a workflow command."""
    return re.match(r"\s*::.*::", line) is not None


def _visible(text: str, keep: str = "") -> str:
    """The text with all control and invisible characters spelled out, except those in `keep`."""
    if text.isascii():  # most text, and fast
        return re.sub(r"[\x00-\x1f\x7f]", lambda match: match[0] if match[0] in keep else _spelled(match[0]), text)
    shown = []
    marks_left = 0  # a mark needs a letter to stand on
    for place, sign in enumerate(text):
        marks_left = _marks_left(sign, marks_left)
        seen = sign in keep or (marks_left >= 0 and _draws(text, place))
        marks_left = marks_left if seen else 0
        shown.append(sign if seen else _spelled(sign))
    return "".join(shown)


def _marks_left(sign: str, before: int) -> int:
    """How many more combining marks may follow this sign; negative if the sign is itself a mark too many."""
    if unicodedata.category(sign) in ("Mn", "Me"):
        return before - 1
    return 0 if sign.isspace() else _MARKS


def _draws(text: str, place: int) -> bool:
    """Whether this character is visible, or changes how its neighbours look."""
    sign = text[place]
    if sign in (_JOINER, _NON_JOINER):
        return _joins(text, place)
    if sign == _EMOJI_STYLE:
        return _styles(text, place)
    return sign == _IDEOGRAPHIC_SPACE or (sign.isprintable() and not _SHOWS_NOTHING.match(sign))


def _styles(text: str, place: int) -> bool:
    """Whether a variation selector here turns the sign before it into an emoji, or belongs to a keycap."""
    return _kind(text[place - 1 : place]) == "So" or text[place + 1 : place + 2] == _KEYCAP


def _joins(text: str, place: int) -> bool:
    """Whether a joiner or non-joiner has an effect here: RFC 5892, A.1 and A.2, or between emoji."""
    before, sign, after = text[place - 1 : place], text[place], text[place + 1 : place + 2]
    if not before or not after:
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if sign == _NON_JOINER:
        return unicodedata.bidirectional(before) == unicodedata.bidirectional(after) == "AL"
    return (_kind(before) == "So" or before in _SKIN_TONES + _EMOJI_STYLE) and _kind(after) == "So"


def _kind(sign: str) -> str:
    return unicodedata.category(sign) if sign else ""


def _right_to_left(line: str) -> bool:
    return not line.isascii() and any(unicodedata.bidirectional(sign) in ("R", "AL", "AN") for sign in line)


def _spelled(sign: str) -> str:
    if "\udc80" <= sign <= "\udcff":  # how Python keeps a byte of a file's name
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")
