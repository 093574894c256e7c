"""Grading again on each save: when, and what is new in a report.

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

_ANYWAY = 5.0  # seconds after which is looked again without being told: not every file system tells
_GOOD = (Status.PASS, Status.REVIEW)


class Mark(str, Enum):
    """How a verdict stands to the one before it."""

    FIXED = "fixed"
    BROKEN = "broken"
    STILL = "still"  # it fails as before


@dataclass(frozen=True)
class WatchTurn:
    """A report, and what is new in it."""

    report: Report
    marks: Mapping[str, Mark] = field(default_factory=dict)  # by check id
    fresh: tuple[str, ...] = ()  # the checks that fail and did not before, or did for another reason
    failing: tuple[str, ...] = ()  # all that fail, in the order in which they deserve to be explained
    verdicts: Mapping[str, CheckResult] = field(default_factory=dict)  # the last of each check; a skip is none

    @property
    def is_news(self) -> bool:
        """Whether anybody must be told."""
        return bool(self.fresh) or Mark.FIXED in self.marks.values()


def compared(report: Report, before: WatchTurn | None) -> WatchTurn:
    """What is new in a report.

    A check that was skipped in between is compared with its last verdict: a program that does not even start for a while has
    not lost all that was right in it. What was explained first stays so until there is something fresh.
    """
    before = before or WatchTurn(report)
    known = before.verdicts
    report = _as_told(report, known)
    marks = {check.id: mark for check in report if check.id in known and (mark := _mark(check, known[check.id]))}
    failing = [check for check in report if check.status in (Status.FAIL, Status.ERROR)]
    fresh = [check.id for check in failing if check.id not in known or _reason(check) != _reason(known[check.id])]
    stale = [check.id for check in failing if check.id not in fresh]
    kept = [check_id for check_id in before.failing if check_id in stale]
    verdicts = {check.id: check for check in report if check.status is not Status.SKIP}
    order = tuple(dict.fromkeys([*fresh, *kept, *stale]))
    return WatchTurn(report, marks, tuple(fresh), order, {**known, **verdicts})


def _as_told(report: Report, known: Mapping[str, CheckResult]) -> Report:
    """The report, with the evidence as it was told where the new one says the same: nobody should have to read it again."""

    def told(check: CheckResult) -> CheckResult:
        before = known.get(check.id)
        return before if before and _said(before) == _said(check) else check

    return replace(report, tasks=tuple(replace(task, checks=tuple(map(told, task.checks))) for task in report.tasks))


def _said(check: CheckResult) -> tuple[object, ...]:
    """What the evidence says, but for times, and for the order in which threads of a program came to run."""
    failure = check.failure and replace(check.failure, event=None)
    events = sorted((event.who, event.dir, event.data, event.mark) for event in check.transcript)
    printed = sorted(check.program_output.splitlines())
    return check.status, check.points, check.summary, failure, check.notes, events, printed


def _mark(check: CheckResult, before: CheckResult) -> Mark | None:
    if check.status is Status.FAIL:
        return Mark.STILL if before.status is Status.FAIL else Mark.BROKEN if before.status in _GOOD else None
    return Mark.FIXED if check.status in _GOOD and before.status is Status.FAIL else None


def _reason(check: CheckResult) -> tuple[Status, str]:
    """What makes a failure the same as before, in whichever line it is now."""
    return check.status, check.failure.hint if check.failure else ""


class Viewer(Reporter):
    """Is told what happens, beside how each run goes; does nothing by itself."""

    def saved(self, name: str) -> None:
        """A file was saved, whose name may be unknown: the checks begin."""

    def graded(self, turn: WatchTurn) -> None:
        """There are new verdicts."""

    def refused(self, reason: str) -> None:
        """What is saved now cannot be graded."""


Grade = Callable[[Reporter, Connection], Report]
"""Grades what is there now; Abandoned when the connection has something to read."""


def watch(place: Place, grade: Grade, viewer: Viewer) -> NoReturn:
    """Grade, and again after each save, until something is raised: KeyboardInterrupt, or GraderError before the first report."""
    session = _Session(place, grade, viewer)
    name = ""  # of the file that was saved last
    while True:
        now = place.look()
        with awaited(now) as word:
            if place.look() != now:
                continue
            if now.digest == session.done or session.is_told(now, word, name):
                while not word.poll(_ANYWAY) and place.look().stamps == now.stamps:
                    pass
            name = word.recv() if word.poll() else ""


@dataclass
class _Session:
    """What was told so far."""

    place: Place
    grade: Grade
    viewer: Viewer
    turn: WatchTurn | None = None
    done: str = ""  # the digest of what was graded last

    def is_told(self, now: Saved, word: Connection, name: str) -> bool:
        """Grade what is there now, and tell what comes of it; False, and nothing is told, if somebody saved in the meantime."""
        self.viewer.saved(name)
        outcome = _outcome(self.grade, self.viewer, word)
        if outcome is None or self.place.look().stamps != now.stamps:
            return False
        self.done = "" if isinstance(outcome, GraderError) else now.digest  # the machine may do better next time
        match outcome:
            case Report():
                self.turn = compared(outcome, self.turn)
                self.viewer.graded(self.turn)
            case GraderError() if self.turn is None:
                raise outcome
            case _:
                self.viewer.refused(str(outcome))
        return True


def _outcome(grade: Grade, viewer: Viewer, word: Connection) -> Report | UsageError | GraderError | None:
    """The report, or why there is none; nothing if somebody saved in the meantime."""
    try:
        return grade(viewer, word)
    except Abandoned:
        return None
    except (UsageError, GraderError) as error:
        return error
