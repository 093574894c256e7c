"""Draw the README's picture: `python tests picture`.

It shows what the command line writes to a terminal when it grades a shipped example. Only what is not the same in every
run and on every machine is settled, by `settled`; all else is the run's own.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import shlex
import subprocess
import sys

from rich.console import Console
from rich.text import Text

from support.corpus import PROJECT, TESTS

PICTURE = TESTS / "picture.svg"
COMMAND = "chatgrade task1 tests/corpus/server/deadlock_on_leave --only task1.join --only task1.leave --seed 7"
_WIDTH = 102
_TERMINAL = {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": str(_WIDTH), "PYTHONIOENCODING": "utf-8"}
_OVERRULES = ("NO_COLOR", "TTY_COMPATIBLE")


def draw() -> str:
    """The picture, as SVG: the same bytes with rich 13.7 to 15."""
    screen = Console(record=True, width=_WIDTH, color_system="standard", no_color=False, file=io.StringIO())
    screen.print(Text(f"$ {COMMAND}"), Text.from_ansi(settled(written())), sep="\n")
    drawing = screen.export_svg(title="chatgrade", unique_id="chatgrade")
    drawing = re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.DOTALL)  # a picture fetches nothing
    return drawing.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def written() -> str:
    """What the command writes to a terminal, with its colours."""
    run = subprocess.run(
        [sys.executable, "-m", "grader", *shlex.split(COMMAND)[1:]],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name not in _OVERRULES} | _TERMINAL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.stdout, run.stderr
    return run.stdout.rstrip("\n")


def settled(output: str) -> str:
    """The output without what two runs need not have in common.

    Each event comes a millisecond after the last one shown, and the run takes a second. What several peers receive at
    a time stands in the order of their names. The isolation is the best there is, and no note tells why it was less.
    """
    milliseconds = itertools.count(1)
    output = re.sub(r"(?m)(^.* ms .*◀──.*\n)+", _in_the_order_of_names, output)
    output = re.sub(r"(?m)^( +\d+\.\d) ms", lambda time: f"{next(milliseconds):{len(time[1])}.1f} ms", output)
    output = re.sub(r"(?m)^\d+\.\d s, (.*), isolation \w+$", r"1.0 s, \1, isolation full", output)
    return re.sub(r"(?m)^note  (no )?isolation .*\n( {6}.*\n)*", "", output)


def _in_the_order_of_names(events: re.Match[str]) -> str:
    return "".join(sorted(events[0].splitlines(keepends=True), key=lambda line: line.partition(" ms ")[2]))


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
