"""What a check is, what comes out of it, and the catalogue of all of them.

A check is a function that takes a room and returns when all is right; `@check` gives it an id and points. Its docstring
speaks to people: the first line is the sentence a student reads in the report, the paragraphs under it (`Does:`, `Why:`,
`Mistakes:`, `Codelab:`) are what `chatgrade explain` prints.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Any

from grader.model.errors import UsageError
from grader.model.evidence import Exhibits, StuckThread

CheckFunction = Callable[[Any], None]


class Status(str, Enum):
    """The verdict on one check. `review` awaits a person; `error` is the grader's own fault or the machine's."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SKIP = "skip"
    REVIEW = "review"
    ERROR = "error"


@dataclass(frozen=True)
class Where:
    """A line in the student's own file."""

    file: str
    line: int


@dataclass(frozen=True)
class Event:
    """One thing that happened on a connection, for people to read.

    `t` is in seconds since the server listened. `dir` is one of: in (the peer got it), out (the peer sent it), note
    (connected, closed, ...). `mark` is a remark at the moment that went wrong.
    """

    t: float
    who: str
    dir: str
    data: str
    mark: str = ""


@dataclass(frozen=True)
class Failure:
    """What was expected, what was seen, and what it probably means."""

    summary: str
    expected: str
    observed: str
    hint: str = ""
    where: Where | None = None
    event: int | None = None  # the place in the transcript that shows it
    mark: str = ""  # the remark to put there
    blocks: bool = True  # whether checks that need this one are skipped
    meant: bool = False  # it shows that the program was meant for this task, although it fails
    unless: str = ""  # a check id: if that one failed, this failure is its consequence and counts as a skip
    missed: str = ""  # who should have got what never came
    threads: tuple[StuckThread, ...] = ()  # of the program that did not go on
    step: str = ""  # of a check that goes through several, the one that went wrong


@dataclass(frozen=True)
class Check:
    """One entry of the catalogue."""

    id: str
    title: str
    points: int
    runs: str  # server, client, both, answers; or pair: programs of two submissions, which it starts itself
    needs: tuple[str, ...]
    function: CheckFunction
    guide: dict[str, str] = field(default_factory=dict)  # does, why, mistakes, codelab

    @property
    def task(self) -> str:
        """The id of the task it belongs to: what stands before the dot."""
        return self.id.partition(".")[0]

    @property
    def advice(self) -> bool:
        """Whether it gives no points and only advises."""
        return self.points == 0


@dataclass
class CheckResult:
    """The verdict on one check of one run, with the evidence."""

    id: str
    title: str
    runs: str
    points: int
    status: Status
    seconds: float = 0.0
    failure: Failure | None = None
    needs: tuple[str, ...] = ()
    because: str = ""  # the failed check that made this one a skip
    summary: str = ""
    notes: tuple[str, ...] = ()
    program_output: str = ""
    transcript: tuple[Event, ...] = ()
    exhibits: Exhibits = field(default_factory=Exhibits)  # of a failure
    absent: bool = False  # what it asks for may be left out, and was: neither passed nor failed
    wanted: bool = True  # False: it ran only because another check needs it, and gives no points

    @property
    def earned(self) -> int:
        """The points it gives: all or nothing."""
        return self.points if self.status is Status.PASS else 0


INCONCLUSIVE = "inconclusive"
"""The `because` of a result that should be tried again alone."""

_ATTRIBUTE = "__chatgrade_check__"


def check(
    check_id: str, *, points: int, needs: CheckFunction | tuple[CheckFunction, ...] = (), runs: str = "server"
) -> Callable[[CheckFunction], CheckFunction]:
    """Turn a function into the check `check_id`, which is skipped when one of the checks in `needs` has failed."""
    functions = needs if isinstance(needs, tuple) else (needs,)

    def decorate(function: CheckFunction) -> CheckFunction:
        title, guide = _read_docstring(function)
        needed = tuple(check_of(other).id for other in functions)
        setattr(function, _ATTRIBUTE, Check(check_id, title, points, runs, needed, function, guide))
        return function

    return decorate


def check_of(function: CheckFunction) -> Check:
    """The check that a decorated function is."""
    found: Check = getattr(function, _ATTRIBUTE)
    return found


def _read_docstring(function: CheckFunction) -> tuple[str, dict[str, str]]:
    """Split a docstring into its sentence and its `Label:` paragraphs, the labels in lower case."""
    paragraphs = re.split(r"\n\s*\n", inspect.getdoc(function) or "")
    guide = {}
    for paragraph in paragraphs[1:]:
        label, _, text = paragraph.partition(":")
        guide[label.strip().lower()] = "\n".join(line.strip() for line in text.strip().splitlines())
    return " ".join(paragraphs[0].split()), guide


@dataclass(frozen=True)
class Task:
    """A group of checks with a heading."""

    id: str
    title: str
    checks: tuple[Check, ...]
    bonus: bool = False


class Catalogue:
    """All checks of a codelab, in the order of its tasks."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.tasks = tuple(tasks)
        self._by_id = {check.id: check for task in self.tasks for check in task.checks}

    def __iter__(self) -> Iterator[Check]:
        return iter(self._by_id.values())

    def __getitem__(self, check_id: str) -> Check:
        """The check of that id; a UsageError that names the nearest one where there is none."""
        if check_id in self._by_id:
            return self._by_id[check_id]
        raise UsageError(f"There is no check {check_id!r}{nearest(check_id, self._by_id)}")

    def with_needs(self, check_ids: Iterable[str]) -> list[Check]:
        """Those checks and all that they need, in the catalogue's order."""
        wanted: set[str] = set()
        pending = list(check_ids)
        while pending:
            check_id = pending.pop()
            if check_id not in wanted:
                wanted.add(check_id)
                pending.extend(self[check_id].needs)
        return [check for check in self if check.id in wanted]


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error sentence: names the known word nearest to a wrong one, or lists all if there are few."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}." if len(names) <= 12 else "; `chatgrade checks` lists them all."
