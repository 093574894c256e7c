"""Which failures of a submission have the same cause, so that a report explains each cause once."""

from __future__ import annotations

import re

from grader.model.verdict import Where

DedupKey = tuple[object, ...]


def causes_of(hint: str, where: object, program_output: str) -> list[DedupKey]:
    """The keys of a failure's causes: hint and place; and, after a crash, its frames, error, and place or hint."""
    keys: list[DedupKey] = [(hint, where)] if where else []
    _, crashed, traceback = program_output.rpartition("Traceback (most recent call last):\n")
    if crashed:
        frames = re.findall(r'^ *File "(.*)", line (\d+)', traceback, re.MULTILINE)
        error = re.search(r"^[\w.]+", traceback, re.MULTILINE)
        keys.append((*frames, error and error[0], where or hint))
    return keys


class ExplainedCauses:
    """The causes that a report has explained so far, each with the first check that had it."""

    def __init__(self) -> None:
        self._first: dict[DedupKey, str] = {}

    def above(self, check_id: str, hint: str, where: Where | None, program_output: str) -> str:
        """Add a failed check; return the id of the earlier check with the same cause, empty if the cause is new."""
        keys = causes_of(hint, where, program_output)
        above = next((self._first[key] for key in keys if key in self._first), "")
        for key in keys:
            self._first.setdefault(key, above or check_id)
        return above
