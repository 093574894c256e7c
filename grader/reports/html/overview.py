"""The page of a class: scores, shared causes of failures, students by checks, and hand-ins that need a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from grader.reports.html import page
from grader.results.clusters import Cluster
from grader.results.overview import Cell, CheckFacts, HandInRow, Overview
from grader.results.symptoms import Symptom

# The most unfolded clusters, linked students of one, listed rows that need a person, slow rows.
_SHARED, _LINKED, _LISTED, _SLOWEST = 12, 40, 20, 10
_WIDTH, _HEIGHT = 440, 120  # pixels of the distribution's bars


class Verdict(NamedTuple):
    """A verdict in the table: its letter in the rows' data, the sign in its cell, and words for it."""

    letter: str
    sign: str
    word: str
    brief: str = ""  # for the head of a narrow column


class Column(NamedTuple):
    """A column of numbers: title, explanation, a row's cell, and whether narrow screens omit it."""

    title: str
    about: str
    of: Callable[[HandInRow], int | str]
    wide: bool = True


class Flag(NamedTuple):
    """A filter of rows: its name in the rows' data, its words, and whether it holds of a row."""

    name: str
    said: str
    holds: Callable[[HandInRow], object]


class Bar(NamedTuple):
    """A bar of the distribution, in pixels."""

    label: str
    hand_ins: int
    x: float
    y: float
    width: float
    height: float


_COLUMNS = (
    Column("score", "points in the tasks that count, less the penalty", lambda row: row.score, wide=False),
    Column("bonus", "points in bonus tasks", lambda row: row.bonus),
    Column("open", "points that await a review", lambda row: row.awaiting_review),
    Column("penalty", "points taken off for being late", lambda row: row.penalty),
    Column("sec.", "seconds that grading took", lambda row: f"{row.seconds:.1f}"),
)
_FLAGS = (
    Flag("troubled", "need a person", lambda row: row.troubled),
    Flag("review", "await a review", lambda row: row.awaiting_review),
    Flag("late", "handed in late", lambda row: row.late),
    Flag("ungraded", "not graded", lambda row: not row.graded),
)
_PARTLY, _NOTHING = "partly", "nothing"
_VERDICTS = {
    "pass": Verdict("p", "\u2713", "passed"),
    "fail": Verdict("f", "\u2717", "failed", "failed"),
    _PARTLY: Verdict("h", "\u00bd", "some points, by a person"),
    "skip": Verdict("s", "\u2013", "not run, another failed", "not run"),
    "review": Verdict("r", "?", "awaits a review", "review"),
    "error": Verdict("e", "!", "no verdict", "no verdict"),
    "absent": Verdict("a", "\u00b7", "not handed in", "left out"),
    _NOTHING: Verdict("-", "", "not there"),
}


def class_page(overview: Overview, page_of: Callable[[str], str]) -> str:
    """The page; `page_of` maps a hand-in's key to the path of its own page, relative to this one.

    In that page each check is expected under its id.
    """
    return page("overview.html", class_=overview, view=_View(overview, page_of), amount=_amount)


def _amount(number: float) -> str:
    """A number with commas, and with one decimal where it is not whole."""
    return f"{number:,.1f}".removesuffix(".0")


class _View:
    """The values that the template shows of a class."""

    linked, listed, height = _LINKED, _LISTED, _HEIGHT
    verdicts = _VERDICTS

    def __init__(self, overview: Overview, page_of: Callable[[str], str]) -> None:
        self._overview, self._page_of = overview, page_of
        self._rows = {row.key: row for row in overview.rows}
        self._places = {row.key: place for place, row in enumerate(overview.rows)}
        self._noun = "student" if overview.students == len(overview.rows) else "hand-in"

    # -- words and addresses ---------------------------------------------------------------------------------------

    @property
    def has_groups(self) -> bool:
        """Whether any hand-in has several authors."""
        return self._noun != "student"

    def noun(self, number: int) -> str:
        """The noun for so many hand-ins: students if each has one author."""
        return self._noun if number == 1 else f"{self._noun}s"

    def href(self, key: str, check_id: str = "") -> str:
        """The address of a hand-in's page, or of a check there."""
        path = quote(self._page_of(key).encode("utf-8", "surrogatepass"), safe="/")
        return f"{path}#{quote(check_id)}" if check_id else path

    def name(self, key: str) -> str:
        """A hand-in's authors."""
        return ", ".join(self._rows[key].names)

    @staticmethod
    def time(started: str) -> str:
        """A time of a report, to the minute."""
        return started[:16].replace("T", " ")

    # -- the class -------------------------------------------------------------------------------------------------

    def figures(self) -> list[tuple[str, str]]:
        """The key figures: label and number."""
        class_ = self._overview
        counts = [
            ("graded", len(class_.graded)),
            (f"mean of {class_.max_score}", class_.mean),
            ("median", class_.median),
        ]
        return [
            (label, _amount(number)) for label, number in (*counts, *((flag.said, many) for flag, many in self.flags()))
        ]

    def bars(self) -> list[Bar]:
        """The distribution as a drawing."""
        bins = self._overview.distribution
        highest, width = max(interval.hand_ins for interval in bins) or 1, _WIDTH / len(bins)
        return [
            Bar(
                str(interval.first) if interval.first == interval.last else f"{interval.first}\u2013{interval.last}",
                interval.hand_ins,
                round(place * width + 2, 1),
                round(_HEIGHT * (1 - interval.hand_ins / highest) + 14, 1),
                round(width - 4, 1),
                round(_HEIGHT * interval.hand_ins / highest, 1),
            )
            for place, interval in enumerate(bins)
        ]

    def slowest(self) -> list[HandInRow]:
        """The slowest hand-ins."""
        return self._overview.slowest(_SLOWEST)

    # -- causes ----------------------------------------------------------------------------------------------------

    def clusters(self) -> dict[str, list[Cluster]]:
        """The clusters in four parts: the largest, more shared ones, those of a single hand-in, and advice."""
        costly = {check.id for check in self._overview.checks if check.points}
        every = self._overview.clusters
        counted = [one for one in every if any(costly & each.checks.keys() for each in (one, *one.with_it))]
        shared = [one for one in counted if len(one) > 1]
        return {
            "most": shared[:_SHARED],
            "more": shared[_SHARED:],
            "alone": [one for one in counted if len(one) == 1],
            "advice": [one for one in every if one not in counted],
        }

    @staticmethod
    def cause_and_observation(symptom: Symptom) -> tuple[str, str]:
        """Two lines: the cause, or the summary where the cause is unknown; below it the observation."""
        happened, seen, hint = map(str, (symptom.happened, symptom.seen, symptom.hint))
        return (hint, f"{happened}: {seen}" if seen else happened) if hint else (happened, seen)

    def places(self, keys: Iterable[str]) -> str:
        """The row numbers of these hand-ins."""
        return " ".join(str(self._places[key]) for key in keys)

    # -- checks ----------------------------------------------------------------------------------------------------

    def tasks(self) -> list[tuple[str, list[CheckFacts]]]:
        """The checks in groups, each with its title."""
        return [(title, list(group)) for title, group in groupby(self._overview.checks, key=lambda check: check.task)]

    @staticmethod
    def short(check_id: str) -> str:
        """A column's title under the heading of its task."""
        return check_id.partition(".")[2] or check_id

    @property
    def counts(self) -> list[tuple[str, Verdict]]:
        """The verdicts to count beside `pass`, if any hand-in has them."""
        counted = ((name, verdict) for name, verdict in _VERDICTS.items() if verdict.brief)
        return [one for one in counted if any(check.counts[one[0]] for check in self._overview.checks)]

    @staticmethod
    def share(check: CheckFacts) -> int:
        """Percentage of judged hand-ins that pass; 0 and 100 only for none and all."""
        share = 100 * check.passed / check.judged if check.judged else 0
        return min(max(round(share), share > 0), 100 - (share < 100))

    def above(self, check: CheckFacts) -> float:
        """Top of the bar of failures in a drawing 24 pixels high; a single failure is visible."""
        return min(22.0, round(24 * (1 - check.counts["fail"] / len(self._overview.rows)), 1))

    # -- rows ------------------------------------------------------------------------------------------------------

    @property
    def has_keys(self) -> bool:
        """Whether any key differs from the names."""
        return any(row.names != (row.key,) for row in self._overview.rows)

    @property
    def columns(self) -> list[Column]:
        """The columns of numbers; a wide one only if a row has a value in it."""
        return [one for one in _COLUMNS if not one.wide or any(one.of(row) for row in self._overview.graded)]

    def flags(self) -> list[tuple[Flag, int]]:
        """The filters with matching rows, and the number of those."""
        counted = ((flag, sum(bool(flag.holds(row)) for row in self._overview.rows)) for flag in _FLAGS)
        return [(flag, many) for flag, many in counted if many]

    @staticmethod
    def flags_of(row: HandInRow) -> str:
        """The names of the filters that hold of a row."""
        return " ".join(flag.name for flag in _FLAGS if flag.holds(row))

    def cells(self, row: HandInRow) -> str:
        """A row's verdicts, a letter each."""
        return "".join(_VERDICTS[_verdict(row.cells.get(check.id))].letter for check in self._overview.checks)

    def own_points(self, row: HandInRow) -> str:
        """Points that do not follow from check and verdict: `3:1/2` is one point of two for check number 3."""
        cells = ((place, check, row.cells.get(check.id)) for place, check in enumerate(self._overview.checks))
        return " ".join(
            f"{place}:{cell.earned}/{cell.points}"
            for place, check, cell in cells
            if cell and (cell.earned, cell.points) != (check.points if cell.status == "pass" else 0, check.points)
        )


def _verdict(cell: Cell | None) -> str:
    if cell is None:
        return _NOTHING
    return _PARTLY if cell.status == "fail" and cell.earned else cell.status
