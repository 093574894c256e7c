"""The evidence of a failure that pages show: the student's own lines, the stuck threads, the screens. Plain data.

It is no part of the report (`chatgrade/report/1`); its JSON is stored beside the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Excerpt:
    """Successive lines of a student's file: `first` is the number of the first line, `marked` are those to highlight."""

    file: str
    first: int
    lines: tuple[str, ...]
    marked: tuple[int, ...]


@dataclass(frozen=True)
class StackFrame:
    """One level of a thread's stack. `own`: it is in a file of the student's, and `text` is its source line."""

    file: str
    line: int
    function: str
    text: str = ""
    own: bool = False


@dataclass(frozen=True)
class StuckThread:
    """A thread that did not go on (or several at the same place), and what it waits for; innermost frame first."""

    name: str
    waits_for: str
    frames: tuple[StackFrame, ...]


@dataclass(frozen=True)
class Screenshot:
    """A terminal's screen at the verdict, without empty rows at its end; the cursor's `row` and `column` count from 0."""

    who: str
    lines: tuple[str, ...]
    row: int
    column: int


@dataclass(frozen=True)
class Evidence:
    """The evidence of one check. `recipient` should have received what never came."""

    excerpts: tuple[Excerpt, ...] = ()
    threads: tuple[StuckThread, ...] = ()
    screens: tuple[Screenshot, ...] = ()
    recipient: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; `of` reads it back."""
        return {("missed" if name == "recipient" else name): value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Evidence:
        """The evidence from the data of `as_dict`, directly or through JSON."""
        return cls(
            tuple(
                Excerpt(excerpt["file"], excerpt["first"], tuple(excerpt["lines"]), tuple(excerpt["marked"]))
                for excerpt in data["excerpts"]
            ),
            tuple(
                StuckThread(
                    thread["name"], thread["waits_for"], tuple(StackFrame(**frame) for frame in thread["frames"])
                )
                for thread in data["threads"]
            ),
            tuple(
                Screenshot(screen["who"], tuple(screen["lines"]), screen["row"], screen["column"])
                for screen in data["screens"]
            ),
            data["missed"],
        )
