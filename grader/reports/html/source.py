"""A student's own lines in colours: each line as markup that hides and reorders nothing, with its number."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grader.text import sinks


class SourceLine(NamedTuple):
    """A numbered line; `meant`: the page is about this one."""

    number: int
    code: sinks.Markup
    meant: bool


def colored(lines: Iterable[str], first: int, meant: Collection[int] = ()) -> list[SourceLine]:
    """Successive lines of a Python program, of which the first has the number `first`, some of them meant.

    What is not plainly seen is spelled out before anything else, so the colours show what stands there. Every token is an
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
