"""Lines of a student's program in colours, as markup in which nothing is hidden or reordered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grader.text import sinks


class SourceLine(NamedTuple):
    """A numbered line; `meant`: to be highlighted."""

    number: int
    code: sinks.Markup
    meant: bool


def colored(lines: Iterable[str], first: int, meant: Collection[int] = ()) -> list[SourceLine]:
    """Colour successive lines of a Python program, numbered from `first`; the numbers in `meant` are highlighted.

    Invisible characters are spelled out first, so the colours show the real contents. Every token is an
    element, which the page's style isolates: text from right to left moves nothing around it.
    """
    visible = [f"{_visible(line)}\n" for line in lines]
    lexer, formatter = _tools()
    shown = highlight("".join(visible), lexer, formatter).split("\n")[: len(visible)]
    return [SourceLine(number, sinks.Markup(code), number in meant) for number, code in enumerate(shown, start=first)]


def _visible(line: str) -> str:
    return "\t".join(map(sinks.line, line.split("\t")))


@cache
def _tools() -> tuple[PythonLexer, HtmlFormatter]:
    return PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
