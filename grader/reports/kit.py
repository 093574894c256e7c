"""What became of the starting kit, for people."""

from __future__ import annotations

import shlex

from rich.console import Console
from rich.text import Text

from grader import settings
from grader.kit import Laid
from grader.reports.console import Page

_LABEL = len("left out  ")


def render(laid: Laid, console: Console) -> None:
    """Print what was written, what was not, and what to do next."""
    page = Page(console)
    lines = [("wrote", str(laid.folder / name)) for name in laid.written]
    lines += [("kept", f"{laid.folder / name}, which is there already") for name in laid.kept]
    if laid.course:
        lines.append(("left out", f"{settings.NAME}: {laid.course} holds for this folder"))
    lines.append(("next", f"chatgrade task1 {shlex.quote(str(laid.folder))}"))
    if laid.missing:
        lines.append(("", f"once it holds {' and '.join(laid.missing)}"))
    for label, text in lines:
        page.entry(Text(label, "bold"), page.text(text), _LABEL)
