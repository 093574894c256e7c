"""The class as lines of JSON, for programs."""

from __future__ import annotations

from typing import Any

from grader.reports.format import Format
from grader.results.graded import Class, Graded
from grader.results.standing import Choices, in_order, is_final, max_bonus, people, status
from grader.text import sinks


def as_json_lines(class_: Class, _: Choices) -> str:
    """One object per hand-in, with its people; numbers are null where there is no report."""
    return "".join(f"{sinks.json(_data(graded), indent=None)}\n" for graded in in_order(class_))


def _data(graded: Graded) -> dict[str, Any]:
    entry, has_report = graded.entry, graded.report is not None
    return {
        "schema": "chatgrade/grade/1",
        "submission": entry.key,
        "people": [{"name": person.name, "id": person.id, "email": person.email} for person in people(graded)],
        "late": entry.late,
        "submitted": entry.submitted or None,
        "notes": list(entry.notes),
        "status": status(graded),
        "final": is_final(graded),
        "score": graded.score if has_report else None,
        "max_score": graded.max_score if has_report else None,
        "bonus": graded.bonus if has_report else None,
        "max_bonus": max_bonus(graded) if has_report else None,
        "awaiting_review": graded.awaiting_review if has_report else None,
        "penalty": graded.penalty,
        "checks": [
            {key: check[key] for key in ("id", "title", "status", "points", "earned", "seconds", "summary")}
            for check in graded.checks()
        ],
    }


FORMAT = Format("jsonl", "one JSON object a submission, for programs", "grades.jsonl", of_class=as_json_lines)
