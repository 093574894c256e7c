"""The report of one run: everything that a renderer may show. Plain data and sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.model.evidence import Evidence
from grader.model.verdict import CheckResult, Status

NOT_HANDED_IN = "not handed in; it is a bonus"  # the summary of a bonus check whose program is missing
ONLY_NEEDED = "ran because a check that was asked for needs it"  # the note of a check that gives no points therefore


@dataclass(frozen=True)
class Submission:
    """The graded files: `files` maps a role (server, client, ...) to its file; `digest` is over their bytes."""

    name: str
    path: str
    digest: str
    files: dict[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """The circumstances of a grading: `started` is ISO 8601 in UTC, `seconds` the wall-clock time of all checks."""

    seed: int
    started: str
    seconds: float
    isolation: str
    python: str
    platform: str


@dataclass(frozen=True)
class TaskReport:
    """The verdicts on the checks of one task."""

    id: str
    title: str
    bonus: bool
    checks: tuple[CheckResult, ...]

    @property
    def score(self) -> int:
        """Points earned."""
        return sum(check.earned for check in self.checks)

    @property
    def max_score(self) -> int:
        """Points of the checks that were run."""
        return sum(check.points for check in self.checks)


@dataclass(frozen=True)
class Report:
    """One submission's verdicts, in the catalogue's order."""

    submission: Submission
    run: Run
    tasks: tuple[TaskReport, ...]
    notes: tuple[str, ...] = ()
    guides: dict[str, dict[str, str]] = field(default_factory=dict)  # check id -> its guide

    def __iter__(self) -> Iterator[CheckResult]:
        return (check for task in self.tasks for check in task.checks)

    @property
    def score(self) -> int:
        """Points earned in the tasks that count."""
        return sum(task.score for task in self.tasks if not task.bonus)

    @property
    def max_score(self) -> int:
        """Points that could be earned in the tasks that count."""
        return sum(task.max_score for task in self.tasks if not task.bonus)

    @property
    def bonus(self) -> int:
        """Points earned in bonus tasks."""
        return sum(task.score for task in self.tasks if task.bonus)

    @property
    def max_bonus(self) -> int:
        """Points that could be earned in bonus tasks."""
        return sum(task.max_score for task in self.tasks if task.bonus)

    @property
    def awaiting_review(self) -> int:
        """Points that a person has yet to give."""
        return sum(check.points for check in self if check.status is Status.REVIEW)

    @property
    def exhibits(self) -> dict[str, Evidence]:
        """The evidence of failed checks, by check id."""
        return {check.id: check.exhibits for check in self if check.status is Status.FAIL}

    @property
    def exit_status(self) -> int:
        """0: every check that gives points passed or awaits review; 1: something failed; 3: some verdict is missing."""
        counted = [check for check in self if check.points and not check.absent]
        if any(check.status is Status.ERROR for check in self):
            return 3
        return int(any(check.status in (Status.FAIL, Status.SKIP) for check in counted))
