"""A student's page: the score, the causes to look at first, and each check with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from grader.model.causes import ExplainedCauses
from grader.model.evidence import Evidence
from grader.model.report import Report
from grader.reports import json
from grader.reports.html import page
from grader.reports.html.evidence import CheckView, check_view, where
from grader.results.graded import Entry, Graded
from grader.results.standing import bonus_checks, max_bonus, name, people, status, troubled

_NOTHING = Evidence()
_FIRST = 6  # causes listed at the top


@dataclass(frozen=True)
class TaskView:
    """A task and its checks."""

    task: Mapping[str, Any]
    checks: list[CheckView]

    @property
    def score(self) -> int:
        """Points, with reviews."""
        return sum(int(check.check["earned"]) for check in self.checks)

    @property
    def awaiting(self) -> int:
        """Points that await a review."""
        return sum(int(check.check["points"]) for check in self.checks if check.check["status"] == "review")

    @property
    def absent(self) -> bool:
        """Whether nothing was handed in for this optional task."""
        return bool(self.checks) and all(check.check["absent"] for check in self.checks)


@dataclass(frozen=True)
class Headline:
    """A cause to look at: the failed check that explains it, words for it, and the points that it costs."""

    check_id: str
    words: str
    points: int
    bonus: bool


def html(report: Report) -> str:
    """The page of a single run."""
    made = Graded(Entry(report.submission.name, ()), json.to_dict(report), exhibits=report.exhibits)
    return student_page(made, report.guides)


def student_page(graded: Graded, guides: Mapping[str, Mapping[str, str]], class_page: str = "") -> str:
    """The page of one hand-in. `guides`: check id -> its guide; `class_page`: the link back to the class."""
    report: Mapping[str, Any] = graded.report or {}
    reasons = _Reasons(graded)
    checks = {
        check["id"]: check_view(
            check,
            guides.get(check["id"], {}),
            graded.exhibits.get(check["id"], _NOTHING),
            graded.reviews.get(check["id"]),
            reasons.above.get(check["id"], ""),
            reasons.caused_by.get(check["id"], ""),
        )
        for check in graded.checks()
    }
    tasks = [TaskView(task, [checks[check["id"]] for check in task["checks"]]) for task in report.get("tasks", ())]
    first = reasons.by_weight()
    return page(
        "student.html",
        graded=graded,
        who=", ".join(map(name, people(graded))),
        class_page=class_page,
        problem="" if graded.report else status(graded),
        troubled=troubled(graded),
        max_bonus=0 if all(task.absent for task in tasks if task.task["bonus"]) else max_bonus(graded),
        tasks=tasks,
        first=first[:_FIRST],
        others=len(first) - _FIRST,
        run=report.get("run", {}),
        started=report["run"]["started"].replace("T", " ").replace("+00:00", "Z").replace("Z", " UTC")
        if report
        else "",
        notes=report.get("notes", ()),
        files=_files(report.get("submission", {})),
    )


class _Reasons:
    """Links between checks with one cause: `above` explains the same failure, `caused_by` made this one skipped."""

    def __init__(self, graded: Graded) -> None:
        self.above: dict[str, str] = {}
        self.caused_by: dict[str, str] = {}
        self._checks = {check["id"]: check for check in graded.checks()}
        self._bonus, self._reviews = bonus_checks([graded]), graded.reviews
        explained = ExplainedCauses()
        for check_id, check in self._checks.items():
            if check["status"] == "fail":
                self.above[check_id] = explained.above(check_id, check["hint"], where(check), check["program_output"])
            elif check["caused_by"] in self._checks:
                self.caused_by[check_id] = check["caused_by"]

    def by_weight(self) -> list[Headline]:
        """All causes, those that cost most points first; bonus points after those that count."""
        headlines: dict[str, Headline] = {}
        for check_id, check in self._checks.items():
            if check["status"] == "fail" and not self.above[check_id]:
                summary = "judged by a person" if check_id in self._reviews else check["summary"]
                words = ": ".join(filter(None, (summary, check["hint"])))
                headlines[check_id] = Headline(check_id, words, 0, check_id in self._bonus)
        for check_id, check in self._checks.items():
            cause = self.caused_by.get(check_id) or check_id
            cause = self.above.get(cause) or cause
            if cause in headlines:
                headlines[cause] = replace(
                    headlines[cause], points=headlines[cause].points + check["points"] - check["earned"]
                )
        return sorted(headlines.values(), key=lambda headline: (headline.points == 0, headline.bonus, -headline.points))


def _files(submission: Mapping[str, Any]) -> dict[str, str]:
    """The graded files by role, relative to the student's folder."""
    folder = PurePath(submission.get("path", ""))
    paths = {role: PurePath(file) for role, file in submission.get("files", {}).items()}
    return {
        role: str(path.relative_to(folder)) if path.is_relative_to(folder) and path != folder else path.name
        for role, path in paths.items()
    }
