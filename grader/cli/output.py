"""Output of commands: consoles, the line of progress, and harmless text."""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from grader.text import sinks

if TYPE_CHECKING:
    from rich.console import Console

    from grader.run.schedule import Reporter


def harmless(text: object) -> str:
    """Text for standard error that quotes file names or settings: it neither commands a terminal nor begins a line."""
    return sinks.terminal(str(text), sys.stderr.encoding or "ascii")


def console(*, no_color: bool = False, stderr: bool = False) -> Console:
    """A console on standard output or standard error, in colours unless `no_color` or the terminal forbid it."""
    from rich.console import Console

    return Console(no_color=no_color or None, stderr=stderr, highlight=False, soft_wrap=False)


def progress(*, quiet: bool, no_color: bool) -> AbstractContextManager[Reporter]:
    """A line of progress on standard error; without a terminal, rich is not imported."""
    from grader.run.schedule import Reporter

    if quiet or not sys.stderr.isatty():
        return contextlib.nullcontext(Reporter())
    from grader.console.progress import Progress

    return Progress(console(no_color=no_color, stderr=True))
