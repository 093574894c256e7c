"""`chatgrade export`: write the results of a class for a platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from grader import installed
from grader.batch.store import Store
from grader.cli.options import FILE, argument, option
from grader.cli.output import harmless
from grader.model.errors import UsageError
from grader.reports import registry


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """The options of the command."""

    out: Path = argument(type=FILE)
    format_name: str = option(
        "--format", required=True, metavar="NAME", help="csv, jsonl, markdown, junit, canvas, ..."
    )
    fill: Path | None = option(
        "--fill", type=FILE, metavar="FILE", help="Canvas's grade book or Moodle's worksheet, as exported there."
    )
    to: Path | None = option(
        "-o", "--to", type=FILE, metavar="PATH", help="A file, or a folder for a file of each hand-in."
    )
    column: str = option("--column", default="", help="Canvas: the title of the assignment, if several may be meant.")
    bonus: bool = option("--bonus", is_flag=True, help="Count bonus points towards the score.")
    provisional: bool = option("--provisional", is_flag=True, help="Fill in scores that still await a review, too.")
    visibility: str = option(
        "--visibility", default="", help="Gradescope: visible, hidden, after_due_date or after_published."
    )


def run(options: ExportOptions) -> int:
    """Read the results, write the export; returns the exit status."""
    with Store(options.out) as store:
        choices = registry.Choices(
            options.bonus, options.provisional, options.column, options.visibility, os.environ, installed.load().guides
        )
        export = registry.export(store.whole_class(), options.format_name, options.fill, choices)
    _write(export.files, options.to)
    for note in export.notes:
        click.echo(f"note  {harmless(note)}", err=True)
    return 0


def _write(contents: Mapping[str, bytes], to: Path | None) -> None:
    """Write a single file to the path or standard output, several into the folder."""
    try:
        if len(contents) == 1 and not any("/" in name for name in contents):
            (data,) = contents.values()
            if to is None:
                sys.stdout.buffer.write(data)
            else:
                to.write_bytes(data)
            return
        if to is None:
            raise UsageError("this format makes a file of each hand-in: name a folder for them with -o.")
        for name, data in contents.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes(data)
    except OSError as error:
        raise UsageError(f"{error.filename or to}: cannot be written ({error.strerror}).") from error
