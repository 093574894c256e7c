"""`chatgrade watch`: grade a submission again on each save."""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.connection import Connection

from grader import installed
from grader.cli import output
from grader.cli.options import SubmissionOptions, TaskOptions
from grader.cli.request import environment, submission_request
from grader.cli.statuses import INTERRUPTED
from grader.console import live
from grader.model.errors import UsageError
from grader.model.report import Report
from grader.run import runner
from grader.run.grading import grading
from grader.run.schedule import Reporter
from grader.submission import intake
from grader.watch import watch
from grader.watch.change_watching import Place


@dataclass(frozen=True, kw_only=True)
class WatchOptions(SubmissionOptions, TaskOptions):
    """The options of the command."""


def run(options: WatchOptions) -> int:
    """Grade after each save until Ctrl-C; returns the exit status."""
    try:
        options.path.stat()
    except OSError as error:
        raise UsageError(f"{options.path}: cannot be watched ({error.strerror}).") from error
    codelab = installed.load()
    codelab.catalogue.with_needs(options.only)  # reports an unknown id at once
    run_in = environment(options)

    def grade(reporter: Reporter, saved: Connection) -> Report:
        with intake.taken_in(options.path) as submission:
            request = submission_request(codelab, options.tasks, submission, options, run_in)
            steps = grading(codelab, request, submission, reporter)
            return runner.run_one(codelab, steps, options.isolation, options.jobs or 0, saved)

    place = Place(options.path, [file for file in (options.server, options.client) if file], options.config)
    console = output.console(no_color=options.no_color)
    try:
        with live.viewer(console, options.path, run_in.seed, quiet=options.quiet) as viewer:
            watch.watch(place, grade, viewer)
    except KeyboardInterrupt:  # the usual end
        return INTERRUPTED
