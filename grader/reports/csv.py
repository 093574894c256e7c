"""The class as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

from grader.reports.format import Format
from grader.results.graded import Class, Graded
from grader.results.standing import Choices, bonus_checks, in_order, max_bonus, status, students
from grader.text import sinks

_FIRST = (
    *("name", "id", "email", "score", "max_score", "status", "bonus", "max_bonus", "awaiting_review", "penalty"),
    *("late", "submitted", "submission"),
)


def as_csv(class_: Class, _: Choices) -> str:
    """One row per student, one column per check; a cell without a verdict is empty, and `status` says why.

    Checks without points show their verdict in a word. The text begins with a byte order mark, for Excel.
    """
    page = io.StringIO()
    writer = csv.writer(page)
    checks, bonus = _checks(class_), bonus_checks(class_.graded)
    titles = [f"{check} (bonus)" if check in bonus else check for check in checks]
    writer.writerow([sinks.csv(title) for title in (*_FIRST, *titles, "notes")])
    for person, graded in students(class_):
        cells = {check["id"]: _cell(check) for check in graded.checks()}
        row = [
            *(person.name, person.id, person.email),
            *(_numbers(graded)),
            *("yes" if graded.entry.late else "", graded.entry.submitted, graded.entry.key),
            *(cells.get(check, "") for check in checks),
            "; ".join(graded.entry.notes),
        ]
        writer.writerow([sinks.csv(cell) for cell in row])
    return f"\ufeff{page.getvalue()}"


def _checks(class_: Class) -> list[str]:
    """The ids of all checks: those of the run in its order, then others that a report has."""
    reported = [check["id"] for graded in in_order(class_) for check in graded.checks()]
    return list(dict.fromkeys([*class_.check_points, *reported]))


def _numbers(graded: Graded) -> tuple[str | int, ...]:
    if graded.report is None:
        return ("", "", status(graded), "", "", "", "")
    more = (graded.bonus, max_bonus(graded), graded.awaiting_review, graded.penalty)
    return (graded.score, graded.max_score, status(graded), *more)


def _cell(check: Any) -> str | int:  # noqa: ANN401 - a check of the report
    if not check["points"]:
        return str(check["status"])
    return "" if check["status"] in ("review", "error") else int(check["earned"])


FORMAT = Format("csv", "one row a student, one column a check, for spreadsheets", "grades.csv", of_class=as_csv)
