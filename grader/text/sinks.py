r"""Text of hostile origin made harmless, one function for each kind of output; whatever leaves the grader goes through one.

Names of files, lines of a chat, and what a program prints are the student's. Nothing of it is dropped: what would be
obeyed, or could not be seen, is spelled out as in Python (`\x1b`, `\u202e`), a byte that is no UTF-8 like any other
(`\xff`). A backslash stays as it is, so the spelling tells a reader what came, not a program.

What people write in any language stays readable. An invisible character stays only where it draws something: a joiner
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
_MARKS = 8  # on one letter; Tibetan has such a syllable, and more would be painted over the lines around
_VIRAMA = 9  # its combining class
_SHOWS_NOTHING = re.compile(  # though it counts as printable: fillers, selectors of variants
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_ZERO_WIDTH_SPACE = "\u200b"  # ours: in what has been made visible there is none


def terminal(text: str, encoding: str = "utf-8") -> str:
    """Text for one line of a terminal of this encoding; no escape sequence, no second line, no command of a CI log.

    It is no markup for rich: wrap it in `rich.text.Text`.
    """
    text = re.sub(r"##(?=\w*\[)", r"\\x23#", _visible(text))  # ##[error] and the like are obeyed anywhere in a line
    return text.encode(encoding, "backslashreplace").decode(encoding)


def json(data: object, indent: int | None = 2) -> str:
    r"""Plain data as JSON in ASCII without control characters, which no encoding and no terminal can spoil.

    Every text reads back as it is, but for halves of surrogate pairs, which are no text and which many readers refuse
    (RFC 7493, 2.1): they are spelled like bytes that are no UTF-8, `\xff`.
    """

    def escaped(found: re.Match[str]) -> str:
        return dumps(_spelled(found[0]) if "\ud800" <= found[0] <= "\udfff" else found[0])[1:-1]

    return re.sub(r"[^\x00-\x7e]", escaped, dumps(data, indent=indent, allow_nan=False, ensure_ascii=False))


def line(text: str) -> str:
    """Text as one line of plain text, to be measured or cut; what comes of it goes through the sink of its output, too."""
    return _visible(text)


class Markup(str):
    """Finished HTML: a template engine such as jinja2 does not escape it again."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def html(text: str) -> Markup:
    """Text for an element or a quoted attribute, with its line breaks; each line from right to left is isolated."""
    lines = _visible(text, keep="\n\t").split("\n")
    isolated = (f"\u2068{line}\u2069" if _right_to_left(line) else line for line in lines)
    return Markup(escape("\n".join(isolated)))


def xml(text: str) -> str:
    """Text of which every character is allowed in XML 1.0; the library that writes the XML escapes the markup."""
    return _visible(text, keep="\n\t")


def csv(value: str | float) -> str | float:
    """A cell for the csv module: a number stays one; text is one line, and no spreadsheet takes it for a formula.

    Guarded is what follows a separator, too: a file with commas may be opened where semicolons separate.
    """
    if not isinstance(value, str):
        return value
    return re.sub(r"(?:^|[;,|])[\s\"']*(?=(\S))", _guarded, _visible(value))


def _guarded(found: re.Match[str]) -> str:
    formula = unicodedata.normalize("NFKC", found[1])[:1] in ("=", "+", "-", "@", "\u2212")  # full-width ones, too
    return f"{found[0]}'" if formula else found[0]


def markdown(text: str) -> str:
    """Text for one line or table cell of Markdown, on GitHub, too, where escaped signs still make mentions and links."""
    text = re.sub(r"(?i)(?<=[@#:])(?=\S)|(?=\$)|(?<=www)(?=\.)|(?<=gh-)(?=\d)", _ZERO_WIDTH_SPACE, _visible(text))
    text = re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", text)
    return re.sub(r"^\s|\s$", lambda blank: f"&#{ord(blank[0])};", text)  # no code block, no hard line break


def markdown_block(text: str) -> str:
    """Lines of text as a fenced block of Markdown, to be put at the left margin."""
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
    """Whether GitHub would obey this line of a job's log."""
    return re.match(r"\s*::.*::", line) is not None


def _visible(text: str, keep: str = "") -> str:
    """The text with everything that is not plainly seen spelled out, but for the characters in `keep`."""
    if text.isascii():  # where no character stands for another: far the most, and fast
        return re.sub(r"[\x00-\x1f\x7f]", lambda found: found[0] if found[0] in keep else _spelled(found[0]), text)
    shown = []
    marks_left = 0  # a mark needs a letter to stand on
    for place, sign in enumerate(text):
        marks_left = _marks_left(sign, marks_left)
        seen = sign in keep or (marks_left >= 0 and _draws(text, place))
        marks_left = marks_left if seen else 0
        shown.append(sign if seen else _spelled(sign))
    return "".join(shown)


def _marks_left(sign: str, before: int) -> int:
    """How many marks there is still place for behind this sign; negative if it is itself a mark without one."""
    if unicodedata.category(sign) in ("Mn", "Me"):
        return before - 1
    return 0 if sign.isspace() else _MARKS


def _draws(text: str, place: int) -> bool:
    """Whether one sees that this character is there."""
    sign = text[place]
    if sign in (_JOINER, _NON_JOINER):
        return _joins(text, place)
    if sign == _EMOJI_STYLE:
        return _styles(text, place)
    return sign == _IDEOGRAPHIC_SPACE or (sign.isprintable() and not _SHOWS_NOTHING.match(sign))


def _styles(text: str, place: int) -> bool:
    """Whether a variation selector makes an emoji of what stands before it, or a keycap of what comes."""
    return _kind(text[place - 1 : place]) == "So" or text[place + 1 : place + 2] == _KEYCAP


def _joins(text: str, place: int) -> bool:
    """Whether a joiner joins or parts something here (as in RFC 5892, A.1 and A.2, and in emoji)."""
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
