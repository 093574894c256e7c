"""Draw the README's picture from a real run: `python tests/picture.py`."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from grader import cli

PICTURE = Path(__file__).parent / "picture.svg"
SHOWN = "tests/submissions/echoes_to_sender"


def draw() -> str:
    """The report of a server that echoes, as SVG; it must be run from the project's folder."""
    screen = Console(record=True, width=100, force_terminal=True, file=io.StringIO())
    screen.print(f"$ chatgrade task1 {SHOWN}", highlight=False)
    cli._console = lambda **_: screen
    cli.commands.main(["task1", SHOWN, "--seed", "7"], standalone_mode=False)
    drawing = screen.export_svg(title="chatgrade")
    drawing = re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.DOTALL)  # a picture fetches nothing
    return drawing.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
    sys.exit(0)
