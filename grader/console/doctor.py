"""The findings about this machine, in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from grader.console.report import Page
from grader.doctor import Examination
from grader.doctor.finding import Level

_STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.TROUBLE: "bold red"}
_SIGN = max(len(level.value) for level in Level) + 2
_READABLE = 110  # columns; longer lines of prose are hard to read
_LONGEST = 500  # characters; a fact may quote a whole command


def render(examination: Examination, console: Console) -> None:
    """Print each finding's sign and fact with its meaning below, then the conclusion."""
    page = Page(console)
    width = min(page.width, _READABLE)
    column = _SIGN + max(len(finding.subject) for finding in examination.findings) + 2
    for finding in examination.findings:
        head = Text(finding.level.value.ljust(_SIGN), _STYLES[finding.level]).append(finding.subject, "bold")
        page.entry(head, page.text(finding.fact, limit=_LONGEST), column, width=width)
        if finding.meaning:
            page.entry(Text(), page.text(finding.meaning), column, width=width)
    page.blank()
    page.entry(Text(), page.text(examination.conclusion, "bold"), 0, width=width)
