"""Gradescope: one submission's results.json (gradescope/autograder_samples, docs/specs.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.model.errors import UsageError
from grader.reports.format import Format
from grader.reports.platforms import counted, report_of
from grader.results.graded import Graded
from grader.results.standing import (
    Choices,
    bonus_checks,
    evidence_text,
    full_title,
    max_bonus,
    points,
    remarks,
    status,
    verdict,
)
from grader.text import sinks

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def gradescope(graded: Graded, choices: Choices) -> str:
    """The text of results.json.

    A check without a verdict has no score, rather than 0 points; the total leaves it out, and the output says so.
    Raises GraderError when there is no report (Gradescope then shows that the autograder failed).
    """
    report = report_of(graded)
    if choices.visibility not in ("", *VISIBILITIES):
        raise UsageError(f"Gradescope has no visibility {choices.visibility}; it has {', '.join(VISIBILITIES)}.")
    bonus = bonus_checks([graded])
    result = {
        "score": points(graded, choices),
        "execution_time": report["run"]["seconds"],
        "output": sinks.xml("\n".join([*verdict(graded, choices), *report["notes"]])),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_gradescope_test(check, bonus, choices) for check in graded.checks()],
        "extra_data": {
            "score": graded.score,
            "max_score": graded.max_score,
            "bonus": graded.bonus,
            "max_bonus": max_bonus(graded),
            "awaiting_review": graded.awaiting_review,
            "penalty": graded.penalty,
            "status": status(graded),
        },
    }
    if choices.visibility:
        result["visibility"] = choices.visibility
    return sinks.json(result) + "\n"


def _gradescope_test(check: Mapping[str, Any], bonus: frozenset[str], choices: Choices) -> dict[str, Any]:
    earned, maximum = counted(check, bonus, choices)
    test: dict[str, Any] = {
        "name": full_title(check, bonus),
        "max_score": maximum,
        "output": evidence_text(check),
        "tags": remarks(check, bonus),
    }
    if check["status"] not in ("review", "error"):  # set even for 0 of 0 points, which would count as passed
        test |= {"score": earned, "status": "passed" if check["status"] == "pass" else "failed"}
    return test


FORMAT = Format("gradescope", "Gradescope's results.json", "results.json", of_submission=gradescope)
