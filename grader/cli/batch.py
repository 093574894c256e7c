"""`chatgrade batch`: grade a class."""

from __future__ import annotations

from dataclasses import dataclass

from grader import installed
from grader.batch.grade import Batch, grade
from grader.cli import output
from grader.cli.options import ClassOptions, TaskOptions, option
from grader.cli.request import class_request
from grader.cli.statuses import TROUBLE
from grader.console.batch import BatchProgress, render_summary


@dataclass(frozen=True, kw_only=True)
class BatchOptions(TaskOptions, ClassOptions):
    """The options of the command."""

    regrade: bool = option("--regrade", is_flag=True, help="Grade again what is unchanged, too.")
    cluster: str | None = option("--cluster", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler.")


def run(options: BatchOptions) -> int:
    """Read the class, grade it, print the summary; returns the exit status."""
    codelab = installed.load()
    request = class_request(codelab, options.tasks, options.paths, options)
    of_course = request.settings.batch
    batch = Batch(
        options.paths,
        options.out,
        options.layout or of_course.layout,
        options.only,
        options.regrade,
        options.isolation,
        options.jobs or of_course.jobs,
        options.cluster or "",
        keeps_seed=options.seed is None,
    )
    console = output.console(no_color=options.no_color)
    errors = output.console(no_color=options.no_color, stderr=True)
    with BatchProgress(console, errors, quiet=options.quiet) as progress:
        outcome = grade(codelab, request, batch, progress)
    render_summary(outcome, str(options.out), console)
    return TROUBLE if outcome.verdicts_missing or not outcome.index else 0
