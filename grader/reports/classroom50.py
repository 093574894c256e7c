"""Classroom 50: one submission's result.json (foundation50/classroom50, wiki/Advanced-Autograding.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.model.errors import UsageError
from grader.reports.format import Format
from grader.reports.platforms import counted, report_of
from grader.results.graded import Graded
from grader.results.standing import Choices, bonus_checks, evidence_text, full_title, name, people, points, worth
from grader.text import sinks

_SENT = {"classroom": "CLASSROOM", "assignment": "ASSIGNMENT", "submission": "SUBMISSION_TAG"}
_LINKS = {"commit": "COMMIT_URL", "release": "RELEASE_URL"}


def classroom50(graded: Graded, choices: Choices) -> str:
    """The text of result.json, with the names that the runner sets in its environment.

    Raises GraderError when there is no report, UsageError when a variable of the environment is missing.
    """
    report, environ = report_of(graded), choices.environ
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
    earned, maximum = counted(check, bonus, choices)
    return {
        "test-name": full_title(check, bonus),
        "passed": check["status"] == "pass",
        "score": earned,
        "max-score": maximum,
        "status": check["status"],
        "worth": worth(check),
        "output": evidence_text(check),
    }


FORMAT = Format("classroom50", "Classroom 50's result.json", "result.json", of_submission=classroom50, alone=True)
