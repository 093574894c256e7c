"""`chatgrade interop`: have the programs of a class meet each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader import installed
from grader.batch.interop import pairs
from grader.cli import output
from grader.cli.options import ClassOptions, option
from grader.cli.request import class_request
from grader.cli.statuses import TROUBLE
from grader.console.interop import InteropProgress, render_summary
from grader.model.errors import GraderError
from grader.reports import files
from grader.reports.html.interop import as_page
from grader.reports.interop_csv import as_csv


@dataclass(frozen=True, kw_only=True)
class InteropOptions(ClassOptions):
    """The options of the command."""

    redo: bool = option("--redo", is_flag=True, help="Run what is unchanged, too.")


def run(options: InteropOptions) -> int:
    """Read the class, run the pairs, print the summary; returns the exit status."""
    codelab = installed.load()
    request = class_request(codelab, ("interop",), options.paths, options)
    of_course = request.settings.batch
    asked = pairs.InteropRequest(
        options.paths,
        options.out,
        options.layout or of_course.layout,
        options.only,
        options.redo,
        options.isolation,
        options.jobs or of_course.jobs,
        keeps_seed=options.seed is None,
    )
    page, table = options.out / "interop.html", options.out / "interop.csv"
    files.require_writable([page, table])
    errors = output.console(no_color=options.no_color, stderr=True)
    with InteropProgress(errors, quiet=options.quiet) as progress:
        result = pairs.meet(codelab, request, asked, progress)
    _replace({page: as_page(result), table: as_csv(result)})
    render_summary(result, [page, table], output.console(no_color=options.no_color))
    return TROUBLE if result.missing else 0


def _replace(texts: Mapping[Path, str]) -> None:
    """Replace these files, which can be made again from the store."""
    for file, text in texts.items():
        try:
            files.replace(file, text)
        except OSError as error:
            raise GraderError(f"{file}: cannot be written ({error.strerror}); what was run is kept") from error
