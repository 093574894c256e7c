"""Common parts of the formats for a platform's runner, which hold one submission, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.model.errors import GraderError
from grader.results.graded import Graded
from grader.results.standing import Choices, status


def counted(check: Mapping[str, Any], bonus: frozenset[str], choices: Choices) -> tuple[int, int]:
    """Points that a check adds to the score and to the maximum; a bonus adds nothing to the assignment's maximum."""
    if check["id"] in bonus:
        return (check["earned"] if choices.bonus else 0), 0
    return check["earned"], check["points"]


def report_of(graded: Graded) -> Mapping[str, Any]:
    """The report of a hand-in. Raises GraderError with the reason if there is none."""
    if graded.report is None:
        raise GraderError(f"{graded.entry.key}: {status(graded)}")
    return graded.report
