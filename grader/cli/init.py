"""`chatgrade init`: lay out the starting kit of a course."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader import installed, kit
from grader.cli import output
from grader.cli.options import argument
from grader.console.kit import render
from grader.model.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class InitOptions:
    """The options of the command."""

    folder: str = argument(metavar="DIR")


def run(options: InitOptions) -> int:
    """Write the missing files, print the outcome; returns the exit status."""
    if not options.folder:
        raise UsageError("the name of the folder is empty: `chatgrade init .` lays the kit out here.")
    render(kit.lay_out(Path(options.folder), installed.load()), output.console())
    return 0
