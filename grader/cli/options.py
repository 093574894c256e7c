"""Options of commands, each declared as a field of a frozen dataclass that click's values fill."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from grader import installed

OWN_PYTHON: str = getattr(sys, "_base_executable", sys.executable)  # without the tool's own packages
FILE = click.Path(path_type=Path)
_LEVELS = ("full", "network", "none")
_PARAMETERS = "click"  # key in a field's metadata of the function: field's name -> its click parameters

Options = TypeVar("Options")


def option(*names: str, **attributes: Any) -> Any:  # noqa: ANN401 - click's attributes, and a field of any type
    """Declare a field set by an option of these names; the attributes are those of click.Option."""
    return declared(lambda field_name: [click.Option([*names, field_name], **attributes)])


def argument(**attributes: Any) -> Any:  # noqa: ANN401 - click's attributes, and a field of any type
    """Declare a field set by a positional argument; the attributes are those of click.Argument."""
    return declared(lambda field_name: [click.Argument([field_name], **attributes)])


def no_color() -> Any:  # noqa: ANN401 - a field
    """Declare the field `no_color`."""
    return option("--no-color", is_flag=True, help="No colours; NO_COLOR in the environment does the same.")


def declared(parameters: Callable[[str], list[click.Parameter]]) -> Any:  # noqa: ANN401 - a field of any type
    """Declare a field by a function: field's name -> its click parameters."""
    return field(metadata={_PARAMETERS: parameters})


def command(
    name: str, text: str, kind: type[Options], run: Callable[[Options], int], fixed: Mapping[str, object]
) -> click.Command:
    """Make the command that runs this function with its options; `fixed` are options with a fixed value."""
    parameters = [
        parameter
        for value in fields(kind)  # type: ignore[arg-type] # a dataclass, which has no type of its own
        if _PARAMETERS in value.metadata
        for parameter in value.metadata[_PARAMETERS](value.name)
    ]
    return click.Command(name, params=parameters, callback=lambda **values: run(kind(**fixed, **values)), help=text)


# Dataclasses collect fields from the last base to the first: help shows them in this order.


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of every command that grades: how programs are run, and the output."""

    seed: int | None = option(
        "--seed", type=click.IntRange(0, 2**63 - 1), help="Repeat a run with its names and words."
    )
    python: str = option(
        "--python",
        metavar="EXE",
        default=OWN_PYTHON,
        help="The Python that runs the student's program (3.8 or newer).",
    )
    config: Path | None = option(
        "--config", type=FILE, metavar="FILE", help="Settings; else chatgrade.toml here or above, else above PATH."
    )
    terminal: str = option(
        "--terminal",
        type=click.Choice(["auto", "pty", "pipes"]),
        default="auto",
        show_default=True,
        help="What clients run at: a pseudo-terminal, or plain pipes.",
    )
    jobs: int | None = option(
        "--jobs", type=click.IntRange(1, 256), metavar="N", help="Checks at a time; else one per processor."
    )
    quiet: bool = option("-q", "--quiet", is_flag=True, help="Show only what failed, in a line each, and the score.")
    no_color: bool = no_color()


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """The tasks to check; all by default."""

    tasks: tuple[str, ...] = option(
        "--task",
        multiple=True,
        type=click.Choice(tuple(installed.tasks())),
        default=tuple(installed.tasks()),
        help="Only this task. Repeatable.",
    )


@dataclass(frozen=True, kw_only=True)
class _Submission:
    path: Path = argument(type=FILE, default=Path())
    only: tuple[str, ...] = option(
        "--only", multiple=True, metavar="ID", help="Run only this check (and what it needs). Repeatable."
    )
    server: Path | None = option(
        "--server", type=FILE, metavar="FILE", help="The server, if it has another name than usual."
    )
    client: Path | None = option(
        "--client", type=FILE, metavar="FILE", help="The client, if it has another name than usual."
    )
    isolation: str = option(
        "--isolation",
        type=click.Choice(["auto", *_LEVELS]),
        default="auto",
        show_default=True,
        help="full: programs see only their own files (bubblewrap); network: a private network for each check; "
        "none: the real port, one check at a time.",
    )


@dataclass(frozen=True, kw_only=True)
class SubmissionOptions(RunOptions, _Submission):
    """Options of every command that grades a single submission."""


@dataclass(frozen=True, kw_only=True)
class _Class:
    paths: tuple[Path, ...] = argument(nargs=-1, required=True, type=FILE, metavar="PATH...")
    out: Path = option("-o", "--out", required=True, type=FILE, metavar="OUT", help="The folder of the results.")
    layout: str | None = option(
        "--layout", metavar="NAME", help="The form of the class, if it is not recognised: folders, canvas, ..."
    )
    only: tuple[str, ...] = option(
        "--only", multiple=True, metavar="KEY", help="Only this hand-in, or those like 'a*'. Repeatable."
    )
    isolation: str = option(
        "--isolation",
        type=click.Choice(_LEVELS),
        default="full",
        show_default=True,
        help="Less than full accepts what strangers' programs may do then.",
    )


@dataclass(frozen=True, kw_only=True)
class ClassOptions(RunOptions, _Class):
    """Options of every command that runs the programs of many students."""
