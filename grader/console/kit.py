"""The outcome of laying out the starting kit, in a terminal."""

from __future__ import annotations

import os
import shlex
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader.console.report import Page
from grader.kit import Laid
from grader.model import settings

_LABEL = len("left out  ")


def _pasted(path: Path, page: Page) -> str:
    """A path quoted for bash and zsh, with characters that must not be shown as escapes."""
    name = f"./{path}" if str(path).startswith("-") else str(path)
    quoted = shlex.quote(name)
    if page.text(quoted, limit=len(quoted)).plain == quoted:
        return quoted
    return "$'" + "".join(map(partial(_spelled, page), name)) + "'"


def _spelled(page: Page, sign: str) -> str:
    if sign in "\\'":
        return f"\\{sign}"
    return sign if page.text(sign).plain == sign else "".join(f"\\x{byte:02x}" for byte in os.fsencode(sign))


def render(laid: Laid, console: Console) -> None:
    """Print which files were written, which were not, and the next command."""
    page = Page(console)
    lines = [("wrote", str(laid.folder / name)) for name in laid.written]
    lines += [("kept", f"{laid.folder / name}, which is there already") for name in laid.kept]
    lines += [
        ("left out", f"{laid.folder / name}: something of that name is there, and it is no file")
        for name in laid.barred
    ]
    if laid.course:
        lines.append(("left out", f"{settings.SETTINGS_FILE}: {laid.course} holds for this folder"))
    lines.append(("next", f"chatgrade task1 {_pasted(laid.folder, page)}"))
    if laid.missing:
        lines.append(("", f"once it holds {' and '.join(laid.missing)}"))
    for label, text in lines:
        page.entry(Text(label, "bold"), page.text(text), _LABEL)
