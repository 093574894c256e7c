"""What commands have in common: their options, and what the values of these stand for on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader import config as course
from grader.model import codelab
from grader.model.errors import UsageError
from grader.model.settings import Settings
from grader.reports import files
from grader.submission import intake

if TYPE_CHECKING:
    from grader.run.grading import Request

_LEVELS = ("full", "network", "none")
TASKS = ("task1", "task2", "task3", "task4", "task5")
OWN_PYTHON: str = getattr(sys, "_base_executable", sys.executable)  # without the tool's own packages
FILE = click.Path(path_type=Path)
_RUN: list[Callable[..., Any]] = [
    click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Repeat a run with its names and words."),
    click.option(
        "--python",
        metavar="EXE",
        default=OWN_PYTHON,
        help="The Python that runs the student's program (3.8 or newer).",
    ),
    click.option("--config", type=FILE, metavar="FILE", help="Settings; else chatgrade.toml beside or above PATH."),
    click.option(
        "--terminal",
        type=click.Choice(["auto", "pty", "pipes"]),
        default="auto",
        show_default=True,
        help="What clients run at: a pseudo-terminal, or plain pipes.",
    ),
    click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Checks at a time; else one per processor."),
    click.option("-q", "--quiet", is_flag=True, help="Show only what failed, in a line each, and the score."),
    click.option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same."),
]
SUBMISSION: list[Callable[..., Any]] = [
    click.argument("path", type=FILE),
    click.option("--only", multiple=True, metavar="ID", help="Run only this check (and what it needs). Repeatable."),
    click.option("--server", type=FILE, metavar="FILE", help="The server, if it has another name than usual."),
    click.option("--client", type=FILE, metavar="FILE", help="The client, if it has another name than usual."),
    click.option(
        "--isolation",
        type=click.Choice(["auto", *_LEVELS]),
        default="auto",
        show_default=True,
        help="full: programs see only their own files (bubblewrap); network: a private network for each check; "
        "none: the real port, one check at a time.",
    ),
    *_RUN,
]
GRADING: list[Callable[..., Any]] = [
    *SUBMISSION,
    click.option("-v", "--verbose", is_flag=True, help="Show passed checks with their conversation too."),
]
CLASS: list[Callable[..., Any]] = [
    click.argument("paths", nargs=-1, required=True, type=FILE, metavar="PATH..."),
    click.option("-o", "--out", required=True, type=FILE, metavar="OUT", help="The folder of the results."),
    click.option(
        "--layout", metavar="NAME", help="The form of the class, if it is not recognised: folders, canvas, ..."
    ),
    click.option("--only", multiple=True, metavar="KEY", help="Only this hand-in, or those like 'a*'. Repeatable."),
    click.option(
        "--isolation",
        type=click.Choice(_LEVELS),
        default="full",
        show_default=True,
        help="Less than full accepts what strangers' programs may do then.",
    ),
    *_RUN,
]
BATCH: list[Callable[..., Any]] = [
    *CLASS,
    click.option("--task", "tasks", multiple=True, type=click.Choice(TASKS), help="Only this task. Repeatable."),
    click.option("--regrade", is_flag=True, help="Grade again what is unchanged, too."),
    click.option("--cluster", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler."),
]


class Reporting(click.Command):
    """A command with an option for each format of a report. Looked up when it is called: `chatgrade --help` needs none."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """All parameters, those of the formats before `--verbose`."""
        own = super().get_params(ctx)
        place = [parameter.name for parameter in own].index("verbose")
        return [*own[:place], *_report_options(), *own[place:]]


@cache
def _report_options() -> tuple[click.Option, ...]:
    return tuple(
        click.Option([f"--{form}"], metavar="FILE", help=f"Write the report as {what}; `-`: to standard output, alone.")
        for form, what in files.FORMS.items()
    )


def taking(options: list[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What commands have in common."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def settings_and_programs(
    lab: codelab.Codelab, tasks: tuple[str, ...], taken: intake.Intake, server: Path | None, client: Path | None,
    config: Path | None,
) -> tuple[Settings, dict[str, Path]]:  # fmt: skip
    """The settings that hold for a submission, and its programs that were named on the command line."""
    beside = taken.path if taken.unpacked else server or client or taken.path
    given = {
        lab.bonus_role(role) if tasks == (lab.bonus,) else role: taken.file(file)
        for role, file in (("server", server), ("client", client))
        if file
    }
    return course.load(config or course.find(beside), lab), given


def class_request(
    lab: codelab.Codelab, tasks: tuple[str, ...], path: Path, config: Path | None, seed: int | None, python: str,
    terminal: str,
) -> Request:  # fmt: skip
    """What is asked of each hand-in of a class that is at this path."""
    from grader.run.grading import Request

    chosen = course.load(config or course.find(path.absolute().parent), lab)
    backend, notes = terminal_kind(terminal)
    seed = drawn_seed() if seed is None else seed
    return Request(tasks, (), chosen, seed, python, interpreter_at(python), backend, notes)


def drawn_seed() -> int:
    """A seed."""
    return time.time_ns() % 2**32


def terminal_kind(wanted: str) -> tuple[str, tuple[str, ...]]:
    """The kind of terminal that clients run at, and what the report should say about it."""
    if wanted != "auto":
        return wanted, ()
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as error:
        return "pipes", (f"clients ran at plain pipes: this machine has no pseudo-terminal to give ({error.strerror})",)
    return "pty", ()


def interpreter_at(python: str) -> str:
    """The absolute path of a Python that can run students' programs."""
    found = located(python)
    if python != OWN_PYTHON:
        asked = subprocess.run(
            [found, "-c", "import sys; print(sys.version_info >= (3, 8))"], capture_output=True, check=False
        )
        if asked.stdout.strip() != b"True":
            raise UsageError(f"{python}: is not a Python of version 3.8 or newer.")
    return found


def located(python: str) -> str:
    """The absolute path of a Python, whether or not it can run anything."""
    found = shutil.which(python)
    if not found:
        raise UsageError(f"{python}: there is no such Python to run the student's program with.")
    return str(Path(found).absolute())  # the program is started in another folder
