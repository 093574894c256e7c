"""What a page shows beside a verdict that went wrong: the student's own lines, the stuck threads, the screens. Plain data.

It is no part of the report (`chatgrade/report/1`); as JSON it is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Excerpt:
    """Successive lines of a student's file; `first` is the number of the first, `marked` are the numbers of those meant."""

    file: str
    first: int
    lines: tuple[str, ...]
    marked: tuple[int, ...]


@dataclass(frozen=True)
class StackFrame:
    """One level of a thread's stack. `own`: it is in a file of the student's; then `text` is the line there."""

    file: str
    line: int
    function: str
    text: str = ""
    own: bool = False


@dataclass(frozen=True)
class StuckThread:
    """A thread of a program that did not go on (or several at one place), innermost frame first, and what it waits for."""

    name: str
    waits_for: str
    frames: tuple[StackFrame, ...]


@dataclass(frozen=True)
class Screenshot:
    """What stood on a terminal when the verdict fell, without empty rows at the end; the cursor's place counts from 0."""

    who: str
    lines: tuple[str, ...]
    row: int
    column: int


@dataclass(frozen=True)
class Evidence:
    """All that is shown of one check. `recipient` is who should have got what never came."""

    excerpts: tuple[Excerpt, ...] = ()
    threads: tuple[StuckThread, ...] = ()
    screens: tuple[Screenshot, ...] = ()
    recipient: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON; `of` reads it back."""
        return {("missed" if name == "recipient" else name): value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Evidence:
        """What `as_dict` has made, also when it has been through JSON."""
        return cls(
            tuple(
                Excerpt(one["file"], one["first"], tuple(one["lines"]), tuple(one["marked"]))
                for one in data["excerpts"]
            ),
            tuple(
                StuckThread(one["name"], one["waits_for"], tuple(StackFrame(**frame) for frame in one["frames"]))
                for one in data["threads"]
            ),
            tuple(Screenshot(one["who"], tuple(one["lines"]), one["row"], one["column"]) for one in data["screens"]),
            data["missed"],
        )
