"""Grading again on each save: when to grade, and what is new in a report.

What is shown is always what was saved last: the folders are watched before they are looked at, and verdicts that came about
while something was written are dropped. A change of any file may change any verdict, so all checks are run each time; but a
save that leaves the content as it is changes none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from multiprocessing.connection import Connection
from typing import NoReturn

from grader.model.errors import Abandoned, GraderError, UsageError
from grader.model.report import Report
from grader.model.verdict import CheckResult, Status
from grader.run.schedule import Reporter
from grader.watch.change_watching import Place, Saved, awaited

_ANYWAY = 5.0  # seconds between looks without a notice: not every file system sends notices
_GOOD = (Status.PASS, Status.REVIEW)


class Mark(str, Enum):
    """How a verdict compares with the previous one."""

    FIXED = "fixed"
    BROKEN = "broken"
    STILL = "still"  # fails as before


@dataclass(frozen=True)
class WatchTurn:
    """A report, and what is new in it."""

    report: Report
    marks: Mapping[str, Mark] = field(default_factory=dict)  # by check id
    fresh: tuple[str, ...] = ()  # checks that fail newly, or for another reason than before
    failing: tuple[str, ...] = ()  # all failed checks, in the order in which to explain them
    verdicts: Mapping[str, CheckResult] = field(default_factory=dict)  # the latest of each check, skips ignored

    @property
    def is_news(self) -> bool:
        """Whether there is a new failure or a fixed check."""
        return bool(self.fresh) or Mark.FIXED in self.marks.values()


def compared(report: Report, before: WatchTurn | None) -> WatchTurn:
    """Compare a report with the previous turn.

    A check that was skipped in between is compared with its last verdict: a program that does not even start for a while has
    not lost all that was right in it. The failure that was explained first stays first until there is a fresh one.
    """
    before = before or WatchTurn(report)
    known = before.verdicts
    report = _with_known_evidence(report, known)
    marks = {check.id: mark for check in report if check.id in known and (mark := _mark(check, known[check.id]))}
    failing = [check for check in report if check.status in (Status.FAIL, Status.ERROR)]
    fresh = [check.id for check in failing if check.id not in known or _reason(check) != _reason(known[check.id])]
    stale = [check.id for check in failing if check.id not in fresh]
    still_failing = [check_id for check_id in before.failing if check_id in stale]
    verdicts = {check.id: check for check in report if check.status is not Status.SKIP}
    order = tuple(dict.fromkeys([*fresh, *still_failing, *stale]))
    return WatchTurn(report, marks, tuple(fresh), order, {**known, **verdicts})


def _with_known_evidence(report: Report, known: Mapping[str, CheckResult]) -> Report:
    """The report, keeping the earlier evidence where the new evidence says the same, so that the student need not reread it."""

    def kept(check: CheckResult) -> CheckResult:
        before = known.get(check.id)
        return before if before and _comparable(before) == _comparable(check) else check

    return replace(report, tasks=tuple(replace(task, checks=tuple(map(kept, task.checks))) for task in report.tasks))


def _comparable(check: CheckResult) -> tuple[object, ...]:
    """The evidence without times, and without the order in which threads of a program happened to run."""
    failure = check.failure and replace(check.failure, event=None)
    events = sorted((event.who, event.dir, event.data, event.mark) for event in check.transcript)
    printed = sorted(check.program_output.splitlines())
    return check.status, check.points, check.summary, failure, check.notes, events, printed


def _mark(check: CheckResult, before: CheckResult) -> Mark | None:
    if check.status is Status.FAIL:
        return Mark.STILL if before.status is Status.FAIL else Mark.BROKEN if before.status in _GOOD else None
    return Mark.FIXED if check.status in _GOOD and before.status is Status.FAIL else None


def _reason(check: CheckResult) -> tuple[Status, str]:
    """Status and hint: equal for the same failure, even if its line has moved."""
    return check.status, check.failure.hint if check.failure else ""


class Viewer(Reporter):
    """Base of listeners to a watch; each method does nothing."""

    def saved(self, name: str) -> None:
        """Called when checks begin after a save; `name` is the saved file, empty if unknown."""

    def graded(self, turn: WatchTurn) -> None:
        """Called with each new report."""

    def refused(self, reason: str) -> None:
        """Called when the saved state cannot be graded."""


Grade = Callable[[Reporter, Connection], Report]
"""Grades the current files. Raises Abandoned when the connection has something to read."""


def watch(place: Place, grade: Grade, viewer: Viewer) -> NoReturn:
    """Grade now and after each save. Ends by KeyboardInterrupt, or by GraderError before the first report."""
    session = _Session(place, grade, viewer)
    name = ""  # of the latest saved file
    while True:
        saved = place.look()
        with awaited(saved) as notice:
            if place.look() != saved:
                continue
            if saved.digest == session.done or session.grade_and_notify(saved, notice, name):
                while not notice.poll(_ANYWAY) and place.look().stamps == saved.stamps:
                    pass
            name = notice.recv() if notice.poll() else ""


@dataclass
class _Session:
    """The latest turn, and the digest of the files that it graded."""

    place: Place
    grade: Grade
    viewer: Viewer
    turn: WatchTurn | None = None
    done: str = ""  # digest of the latest graded state

    def grade_and_notify(self, saved: Saved, notice: Connection, name: str) -> bool:
        """Grade the state and notify the viewer; False, without notice of a result, if a file was saved in the meantime."""
        self.viewer.saved(name)
        outcome = _outcome(self.grade, self.viewer, notice)
        if outcome is None or self.place.look().stamps != saved.stamps:
            return False
        self.done = "" if isinstance(outcome, GraderError) else saved.digest  # the grader may succeed next time
        match outcome:
            case Report():
                self.turn = compared(outcome, self.turn)
                self.viewer.graded(self.turn)
            case GraderError() if self.turn is None:
                raise outcome
            case _:
                self.viewer.refused(str(outcome))
        return True


def _outcome(grade: Grade, viewer: Viewer, notice: Connection) -> Report | UsageError | GraderError | None:
    """The report or the error; None if a file was saved in the meantime."""
    try:
        return grade(viewer, notice)
    except Abandoned:
        return None
    except (UsageError, GraderError) as error:
        return error
