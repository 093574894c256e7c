"""One submission's result as a platform's runner reads it: Gradescope's results.json, Classroom 50's result.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.model.errors import GraderError, UsageError
from grader.results.graded import Graded
from grader.results.standing import (
    Choices,
    bonus_checks,
    called,
    max_bonus,
    name,
    people,
    points,
    remarks,
    status,
    told,
    verdict,
    worth,
)
from grader.text import sinks

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")
_SENT = {"classroom": "CLASSROOM", "assignment": "ASSIGNMENT", "submission": "SUBMISSION_TAG"}
_LINKS = {"commit": "COMMIT_URL", "release": "RELEASE_URL"}


def gradescope(graded: Graded, choices: Choices) -> str:
    """Gradescope's results.json (gradescope/autograder_samples, docs/specs.md).

    A check without a verdict has no score, so that nobody takes it for 0 points; the total does without it, and says so.
    Without a report there is no result to write: GraderError, and Gradescope shows that the autograder failed.
    """
    report = _report(graded)
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
    earned, most = _points(check, bonus, choices)
    test: dict[str, Any] = {
        "name": called(check, bonus),
        "max_score": most,
        "output": told(check),
        "tags": remarks(check, bonus),
    }
    if check["status"] not in ("review", "error"):  # set even for 0 of 0 points, which would count as passed
        test |= {"score": earned, "status": "passed" if check["status"] == "pass" else "failed"}
    return test


def classroom50(graded: Graded, choices: Choices) -> str:
    """Classroom 50's result.json (foundation50/classroom50, wiki/Advanced-Autograding.md), from what its runner tells.

    Without a report there is no result to write: GraderError, which its runner takes for a fault of the grader.
    """
    report, environ = _report(graded), choices.environ
    missing = [name for name in (*_SENT.values(), *_LINKS.values()) if not environ.get(name)]
    if missing:
        raise UsageError(f"Classroom 50's runner sets {', '.join(missing)}, and here it is not set.")
    owner = environ.get("OWNER") or environ.get("USERNAME") or name(people(graded)[0])
    bonus = bonus_checks([graded])
    tests = [_classroom_test(check, bonus, choices) for check in graded.checks()]
    full = sum(test["score"] for test in tests)
    if (score := points(graded, choices)) != full:
        tests.append({"test-name": "late penalty", "passed": False, "score": score - full, "max-score": 0})
    result = {
        "schema": "classroom50/result/v1",
        **{key: environ[name] for key, name in _SENT.items()},
        "assignment_type": environ.get("ASSIGNMENT_TYPE") or ("group" if len(people(graded)) > 1 else "individual"),
        "owner": owner,
        **{key: environ[name] for key, name in _LINKS.items()},
        "review": environ.get("REVIEW_URL") or environ["COMMIT_URL"],
        "datetime": graded.entry.submitted or report["run"]["started"],
        "graded_at": report["run"]["started"],
        "score": score,
        "max-score": graded.max_score,
        "tests": tests,
    }
    return sinks.json(result) + "\n"


def _classroom_test(check: Mapping[str, Any], bonus: frozenset[str], choices: Choices) -> dict[str, Any]:
    earned, most = _points(check, bonus, choices)
    return {
        "test-name": called(check, bonus),
        "passed": check["status"] == "pass",
        "score": earned,
        "max-score": most,
        "status": check["status"],
        "worth": worth(check),
        "output": told(check),
    }


def _points(check: Mapping[str, Any], bonus: frozenset[str], choices: Choices) -> tuple[int, int]:
    """What a check adds to the score, and to the maximum: nothing of a bonus, so that it stays the assignment's."""
    if check["id"] in bonus:
        return (check["earned"] if choices.bonus else 0), 0
    return check["earned"], check["points"]


def _report(graded: Graded) -> Mapping[str, Any]:
    if graded.report is None:
        raise GraderError(f"{graded.entry.key}: {status(graded)}")
    return graded.report
