"""A graded class: its hand-ins, their authors and results. Plain data, for exports and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.model.evidence import Evidence


@dataclass(frozen=True)
class Person:
    """One student, as the platform names them; fields are empty where the platform is silent."""

    name: str = ""
    id: str = ""  # the platform's own: Canvas's user id, Moodle's identifier, Gradescope's sid, a login
    email: str = ""


@dataclass(frozen=True)
class Entry:
    """One hand-in: `key` names it in the class, `people` are its authors."""

    key: str
    people: tuple[Person, ...]
    late: bool = False
    submitted: str = ""  # ISO 8601; empty where the platform does not say
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """A person's decision on one check."""

    points: int
    comment: str = ""


@dataclass(frozen=True)
class Graded:
    """The result of one hand-in: a report (`chatgrade/report/1`), or the reason why there is none."""

    entry: Entry
    report: Mapping[str, Any] | None = None
    error: str = ""
    reviews: Mapping[str, Review] = field(default_factory=dict)  # by check id
    penalty: int = 0  # points deducted for lateness
    graded_at: str = ""  # ISO 8601, UTC
    exhibits: Mapping[str, Evidence] = field(default_factory=dict)  # by check id: evidence of failures for pages

    def checks(self) -> Iterator[Mapping[str, Any]]:
        """All checks of the report, with reviews put in."""
        for task in self.report["tasks"] if self.report else ():
            for check in task["checks"]:
                review = self.reviews.get(check["id"])
                if review is None or check["status"] != "review":
                    yield check
                else:
                    status = "pass" if review.points == check["points"] else "fail"
                    yield {**check, "status": status, "earned": review.points, "hint": review.comment or check["hint"]}

    @property
    def score(self) -> int:
        """Points in the tasks that count, with reviews, less the penalty; never negative."""
        return max(
            0, sum(int(check["earned"]) for check in self.checks() if check["id"] not in self._bonus_ids) - self.penalty
        )

    @property
    def bonus(self) -> int:
        """Points in bonus tasks."""
        return sum(int(check["earned"]) for check in self.checks() if check["id"] in self._bonus_ids)

    @property
    def max_score(self) -> int:
        """The most points possible in the tasks that count."""
        return int(self.report["max_score"]) if self.report else 0

    @property
    def awaiting_review(self) -> int:
        """Points that await a review."""
        return sum(int(check["points"]) for check in self.checks() if check["status"] == "review")

    @property
    def _bonus_ids(self) -> frozenset[str]:
        tasks = self.report["tasks"] if self.report else ()
        return frozenset(check["id"] for task in tasks if task["bonus"] for check in task["checks"])


@dataclass(frozen=True)
class Class:
    """All hand-ins, in the order of their keys; `layout` names the platform or form in which they came."""

    graded: tuple[Graded, ...]
    layout: str = ""
    check_points: Mapping[str, int] = field(default_factory=dict)  # every check of the run, in order: its points
