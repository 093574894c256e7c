"""What makes two failures of one submission the same, so that a cause is told once."""

from __future__ import annotations

import re

from grader.model.verdict import Where

DedupKey = tuple[object, ...]


def causes_of(hint: str, where: object, program_output: str) -> list[DedupKey]:
    """The causes that a failure tells: hint and place, or the crash of the program and the place (or hint)."""
    causes: list[DedupKey] = [(hint, where)] if where else []
    _, crashed, traceback = program_output.rpartition("Traceback (most recent call last):\n")
    if crashed:
        frames = re.findall(r'^ *File "(.*)", line (\d+)', traceback, re.MULTILINE)
        error = re.search(r"^[\w.]+", traceback, re.MULTILINE)
        causes.append((*frames, error and error[0], where or hint))
    return causes


class Told:
    """Remembers which causes have been told, and by which check first."""

    def __init__(self) -> None:
        self._first: dict[DedupKey, str] = {}

    def above(self, check_id: str, hint: str, where: Where | None, program_output: str) -> str:
        """The check by which the cause of this failed one has been told already; empty if it is new."""
        causes = causes_of(hint, where, program_output)
        above = next((self._first[cause] for cause in causes if cause in self._first), "")
        for cause in causes:
            self._first.setdefault(cause, above or check_id)
        return above
