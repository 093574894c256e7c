"""A class at a glance, as plain data: what each hand-in got, how each check went, who fails for the same cause.

Hand-ins are counted, not people: what three made together counts once, and one row stands for them. Scores, points and
states are those of the exports. Hand-ins are taken one at a time, and only what is shown of them is kept.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from grader.results.clusters import Cluster, Commonest, Failures, gathered
from grader.results.graded import Graded
from grader.results.standing import max_bonus, name, people, status, troubled

_BINS = 10  # of the distribution, beside the last, which is the full score alone where that comes out even


class Cell(NamedTuple):
    """The verdict on one check of one hand-in. `status` is the report's, or `absent` where it was not handed in."""

    status: str
    earned: int
    points: int


@dataclass(frozen=True)
class HandInRow:
    """One hand-in. The numbers are those of the exports; they mean nothing where it is not `graded`."""

    key: str
    names: tuple[str, ...]
    state: str  # final, or why not
    graded: bool
    late: bool
    score: int
    max_score: int
    bonus: int
    max_bonus: int
    awaiting_review: int
    penalty: int
    seconds: float
    slowest: tuple[str, float]  # the check that took longest, and its seconds
    troubled: bool  # there is no report, or a check without a verdict
    cells: Mapping[str, Cell]  # by check id


@dataclass(frozen=True)
class CheckFacts:
    """How a check went. `counts` has the number of hand-ins by status; `passed` and `judged` make the pass rate."""

    id: str
    title: str
    task: str  # the title of its task
    bonus: bool
    points: int
    counts: Counter[str]
    commonest: Commonest | None

    @property
    def passed(self) -> int:
        """Hand-ins that pass it."""
        return self.counts["pass"]

    @property
    def judged(self) -> int:
        """Hand-ins that have a verdict on it: those that were left out, await a person or met an error have none."""
        return sum(self.counts[status] for status in ("pass", "fail", "skip"))


class Bin(NamedTuple):
    """How many hand-ins have a score from `first` to `last`, both included."""

    first: int
    last: int
    hand_ins: int


@dataclass(frozen=True)
class Overview:
    """The class: `rows` in the order of keys, `checks` in that of the exports.

    `started` are the times of its first and its last report, `notes` are for a person to look at.
    """

    rows: tuple[HandInRow, ...]
    checks: tuple[CheckFacts, ...]
    clusters: tuple[Cluster, ...]
    started: tuple[str, str]
    notes: tuple[str, ...] = ()

    @property
    def graded(self) -> list[HandInRow]:
        """Hand-ins that have a report."""
        return [row for row in self.rows if row.graded]

    @property
    def students(self) -> int:
        """People, each member of a group for herself."""
        return sum(len(row.names) for row in self.rows)

    @property
    def max_score(self) -> int:
        """Points that could be had in the tasks that count."""
        return max((row.max_score for row in self.graded), default=0)

    @property
    def mean(self) -> float:
        """Of the scores; 0 where there are none."""
        return statistics.fmean(row.score for row in self.graded) if self.graded else 0.0

    @property
    def median(self) -> float:
        """Of the scores; 0 where there are none."""
        return float(statistics.median(row.score for row in self.graded)) if self.graded else 0.0

    @property
    def distribution(self) -> list[Bin]:
        """The scores, in bins of equal width; the last ends with the full score."""
        scores = Counter(row.score for row in self.graded)
        top = max([self.max_score, *scores], default=0)
        width = max(1, -(-top // _BINS))
        spans = [(first, min(first + width - 1, top)) for first in range(0, top + 1, width)]
        return [Bin(first, last, sum(scores[score] for score in range(first, last + 1))) for first, last in spans]

    def slowest(self, count: int) -> list[HandInRow]:
        """The hand-ins whose grading took longest."""
        return sorted(self.graded, key=lambda row: (-row.seconds, row.key))[:count]


def overview(
    graded: Iterable[Graded],
    check_points: Mapping[str, int],
    notes: Iterable[str] = (),
    topics: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Overview:
    """The class of these hand-ins, which are gone through once.

    `check_points` are the checks of the run, in order; `topics` tell what each is about, so that clusters go together.
    """
    rows, failures, started = [], Failures(), set()
    known: dict[str, Mapping[str, Any]] = {check_id: {"points": points} for check_id, points in check_points.items()}
    for one in graded:
        rows.append(_row(one))
        failures.add(one)
        if one.report:
            started.add(one.report["run"]["started"])
            _learn(known, one.report)
    rows.sort(key=lambda row: row.key)
    checks = tuple(_facts(check_id, about, rows, failures) for check_id, about in known.items())
    times = (min(started), max(started)) if started else ("", "")
    clusters = gathered(failures.clusters(known), topics)
    return Overview(tuple(rows), checks, clusters, times, tuple(notes))


def _learn(known: dict[str, Mapping[str, Any]], report: Mapping[str, Any]) -> None:
    """What a report tells of its checks, unless an earlier one has."""
    for task in report["tasks"]:
        about = {"task": task["title"], "bonus": task["bonus"]}
        for check in task["checks"]:
            if "title" not in known.get(check["id"], {}):
                known[check["id"]] = {"title": check["title"], "points": check["points"], **about}


def _facts(check_id: str, about: Mapping[str, Any], rows: Iterable[HandInRow], failures: Failures) -> CheckFacts:
    return CheckFacts(
        id=check_id,
        title=about.get("title", ""),
        task=about.get("task", check_id.partition(".")[0]),
        bonus=about.get("bonus", False),
        points=about["points"],
        counts=Counter(row.cells[check_id].status for row in rows if check_id in row.cells),
        commonest=failures.commonest(check_id),
    )


def _row(one: Graded) -> HandInRow:
    cells = {check["id"]: _cell(check) for check in one.checks()}
    seconds = {check["id"]: float(check["seconds"]) for check in one.checks()}
    slowest = max(seconds, key=lambda check_id: seconds[check_id], default="")
    return HandInRow(
        key=one.entry.key,
        names=tuple(map(name, people(one))),
        state=status(one),
        graded=one.report is not None,
        late=one.entry.late,
        score=one.score,
        max_score=one.max_score,
        bonus=one.bonus,
        max_bonus=max_bonus(one),
        awaiting_review=one.awaiting_review,
        penalty=one.penalty,
        seconds=float(one.report["run"]["seconds"]) if one.report else 0.0,
        slowest=(slowest, seconds.get(slowest, 0.0)),
        troubled=one.report is None or bool(troubled(one)),
        cells=cells,
    )


def _cell(check: Mapping[str, Any]) -> Cell:
    status = "absent" if check["absent"] else check["status"]
    return Cell(status, int(check["earned"]), int(check["points"]))
