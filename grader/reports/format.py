"""The declaration by which a module of this package is a format: its `FORMAT`. Imports nothing, as everything imports it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.model.report import Report
    from grader.results.graded import Class, Graded
    from grader.results.standing import Choices

_LAST = 100


@dataclass(frozen=True)
class Format:
    """A form of results: its name, and the functions that make it, one for each kind of source."""

    name: str  # the word after `--format`, and for the report of a single run that of its option
    about: str  # a phrase that completes `Write the report as`
    file: str = ""  # name of the exported file; with `of_submission`, in each hand-in's folder

    of_report: Callable[[Report], str] | None = None  # the report of a single run
    of_class: Callable[[Class, Choices], str] | None = None  # one file of a class
    of_submission: Callable[[Graded, Choices], str] | None = None  # a file of each hand-in; GraderError: no file
    filled: Callable[[Class, bytes, Choices], tuple[bytes, list[str]]] | None = None  # a platform's file; with notes

    alone: bool = False  # the platform takes a single submission only
    place: int = _LAST  # in lists; formats of the same place are sorted by name

    @property
    def exports(self) -> bool:
        """Whether a class can be exported in this format."""
        return bool(self.of_class or self.of_submission or self.filled)
