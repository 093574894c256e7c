"""What makes two failures of one submission the same, so that a cause is told once."""

from __future__ import annotations

import re

Cause = tuple[object, ...]


def causes_of(hint: str, where: object, program_output: str) -> list[Cause]:
    """The causes that a failure tells: hint and place, or the crash of the program and the place (or hint)."""
    causes: list[Cause] = [(hint, where)] if where else []
    _, crashed, traceback = program_output.rpartition("Traceback (most recent call last):\n")
    if crashed:
        frames = re.findall(r'^ *File "(.*)", line (\d+)', traceback, re.MULTILINE)
        error = re.search(r"^[\w.]+", traceback, re.MULTILINE)
        causes.append((*frames, error and error[0], where or hint))
    return causes
