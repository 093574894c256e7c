"""`chatgrade doctor`: examine this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader import config, installed
from grader.cli import output
from grader.cli.options import FILE, OWN_PYTHON, no_color, option
from grader.cli.request import located
from grader.cli.statuses import TROUBLE
from grader.console.doctor import render
from grader.doctor import examine
from grader.doctor.finding import Machine


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """The options of the command."""

    python: str = option(
        "--python", metavar="EXE", default=OWN_PYTHON, help="The Python that is to run students' programs."
    )
    config: Path | None = option(
        "--config", type=FILE, metavar="FILE", help="Settings; else chatgrade.toml here or above."
    )
    no_color: bool = no_color()


def run(options: DoctorOptions) -> int:
    """Examine the machine, print the findings; returns the exit status."""
    codelab, file = installed.load(), options.config or config.find_above(Path())
    examination = examine(Machine(codelab, config.load(file, codelab), file, located(options.python)))
    render(examination, output.console(no_color=options.no_color))
    return 0 if examination.can_grade else TROUBLE
