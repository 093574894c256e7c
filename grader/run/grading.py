"""The grading of a submission, from its files to its report."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.model.codelab import Codelab
from grader.model.report import ONLY_NEEDED, Report, Run, Submission, TaskReport
from grader.model.settings import Settings
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Status
from grader.run.plan import Plan, plan
from grader.run.runner import Grading, Outcome, Step
from grader.run.schedule import Reporter
from grader.submission import find
from grader.submission.intake import Intake


@dataclass(frozen=True)
class GradingRequest:
    """The tasks or checks to run and how to run them: the same for all submissions of a class."""

    tasks: tuple[str, ...]
    only: tuple[str, ...]
    settings: Settings
    seed: int
    python: str  # the interpreter as the user named it
    interpreter: str  # its path
    terminal: str
    notes: tuple[str, ...] = ()
    given: Mapping[str, Path] = field(default_factory=dict)  # role -> a file named on the command line

    def setup(self, folder: Path, files: Mapping[str, Path], shown: str = "") -> RunSpec:
        """The specification of a run with these programs."""
        chosen = self.settings
        return RunSpec(
            folder, files, self.interpreter, chosen.port, chosen.wording, self.seed, chosen.files, self.terminal,
            chosen.limits, shown,
        )  # fmt: skip


def grading(codelab: Codelab, request: GradingRequest, intake: Intake, reporter: Reporter) -> Grading[Report]:
    """Find the programs, plan the checks, run them, report. Raises UsageError when there is nothing to grade."""
    started = datetime.datetime.now(datetime.timezone.utc)
    path = intake.place
    asked_for = codelab.extras if request.tasks == (codelab.bonus,) else ()
    handed_in = find.find(path, request.settings.files, request.given, codelab.extras, asked_for)
    files = {role: Path(file).resolve() for role, file in handed_in.files.items()}
    folder = path.resolve()
    if not intake.unpacked and not all(file.is_relative_to(folder) and path.is_dir() for file in files.values()):
        folder = Path(os.path.commonpath([file.parent for file in files.values()]))
    setup = request.setup(folder, files, intake.shown if intake.unpacked else "")
    planned = yield from plan(codelab, request.tasks, request.only, path, setup)
    reporter.expect(len(codelab.catalogue.with_needs(planned.wanted)))
    outcome = yield Step(planned.setup, planned.wanted, reporter)
    seconds = (datetime.datetime.now(datetime.timezone.utc) - started).total_seconds()
    run = Run(
        request.seed, started.isoformat(timespec="seconds"), round(seconds, 3), outcome.isolation, request.python,
        platform.platform(),
    )  # fmt: skip
    return _report(codelab, request, intake.described(handed_in), run, planned, outcome)


def _report(
    codelab: Codelab, request: GradingRequest, handed_in: Submission, run: Run, planned: Plan, outcome: Outcome
) -> Report:
    requested = [*planned.wanted, *(result.id for result in planned.absent)]
    results = {
        result.id: _with_points(result, requested, request.settings.points)
        for result in (*outcome.results, *planned.absent)
        if result.id in requested
        or result.status is not Status.PASS  # a failed need explains skips, so it is shown, too
    }
    tasks = tuple(
        TaskReport(task.id, task.title, task.bonus, checks)
        for task in codelab.catalogue.tasks
        if (checks := tuple(results[check.id] for check in task.checks if check.id in results))
    )
    notes = (*handed_in.notes, *planned.notes, *outcome.notes, *request.notes)
    return Report(handed_in, run, tasks, notes, codelab.guides)


def _with_points(result: CheckResult, wanted: list[str], points: Mapping[str, int]) -> CheckResult:
    """The result with the course's own points; with none for a check that ran only because another check needs it."""
    if result.id in wanted:
        result.points = points.get(result.id, result.points)
    else:
        result.points, result.wanted = 0, False
        result.notes = (*result.notes, ONLY_NEEDED)
    return result
