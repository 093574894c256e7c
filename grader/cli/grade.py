"""`chatgrade all`, and `chatgrade` with the name of a task: grade a submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from grader import installed
from grader.cli import output
from grader.cli.options import SubmissionOptions, declared, option
from grader.cli.request import environment, submission_request
from grader.reports import files
from grader.run import runner
from grader.run.grading import grading
from grader.submission import intake


def _report_files() -> Any:  # noqa: ANN401 - a field
    """Declare a field with one option for each form of report, collected in one mapping."""

    def collect(form: str, context: click.Context, _: click.Parameter, file: str | None) -> None:
        context.params["reports"] = {**context.params.get("reports", dict.fromkeys(files.forms())), form: file}

    return declared(
        lambda _: [
            click.Option(
                [f"--{form}"],
                metavar="FILE",
                expose_value=False,
                callback=partial(collect, form),
                help=f"Write the report as {what}; `-`: to standard output, alone.",
            )
            for form, what in files.forms().items()
        ]
    )


@dataclass(frozen=True, kw_only=True)
class GradeOptions(SubmissionOptions):
    """The options of the command."""

    tasks: tuple[str, ...]  # set by the command's name
    reports: Mapping[str, str | None] = _report_files()  # form -> file name, or None
    verbose: bool = option("-v", "--verbose", is_flag=True, help="Show passed checks with their conversation too.")


def run(options: GradeOptions) -> int:
    """Find the programs, run the checks, report; returns the exit status."""
    names = {form: name for form, name in options.reports.items() if name is not None}
    with intake.taken_in(options.path) as submission:
        codelab = installed.load()
        request = submission_request(codelab, options.tasks, submission, options, environment(options))
        with files.Files(names) as reports:
            with output.progress(quiet=options.quiet or reports.alone, no_color=options.no_color) as reporter:
                steps = grading(codelab, request, submission, reporter)
                report = runner.run_one(codelab, steps, options.isolation, options.jobs or 0)
            reports.write(report)
        if not reports.alone:
            from grader.console.report import render  # slow to import: not needed for a report on standard output

            render(report, output.console(no_color=options.no_color), verbose=options.verbose, quiet=options.quiet)
    return report.exit_status
