"""Checks, the decorator that declares them, and the catalogue of all checks.

A check is a function that takes a room and returns when all is right; `@check` gives it an id and points. Its docstring
speaks to people: the first line is the sentence a student reads in the report, the paragraphs under it (`Does:`, `Why:`,
`Mistakes:`, `Codelab:`) are what `chatgrade explain` prints.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.model.errors import UsageError, nearest

CheckFunction = Callable[[Any], None]


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
        """The id of its task: the part of its own id before the dot."""
        return self.id.partition(".")[0]

    @property
    def advice(self) -> bool:
        """Whether it gives no points and only advises."""
        return self.points == 0


_ATTRIBUTE = "__chatgrade_check__"


def check(
    check_id: str, *, points: int, needs: CheckFunction | tuple[CheckFunction, ...] = (), runs: str = "server"
) -> Callable[[CheckFunction], CheckFunction]:
    """Declare a function as the check `check_id`; it is skipped when a check in `needs` has failed."""
    functions = needs if isinstance(needs, tuple) else (needs,)

    def decorate(function: CheckFunction) -> CheckFunction:
        title, guide = _read_docstring(function)
        needed = tuple(check_of(other).id for other in functions)
        setattr(function, _ATTRIBUTE, Check(check_id, title, points, runs, needed, function, guide))
        return function

    return decorate


def check_of(function: CheckFunction) -> Check:
    """The check that a decorated function declares."""
    declared: Check = getattr(function, _ATTRIBUTE)
    return declared


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
        """The check with this id. Raises UsageError, with the nearest known id, when there is none."""
        if check_id in self._by_id:
            return self._by_id[check_id]
        raise UsageError(f"There is no check {check_id!r}{nearest(check_id, self._by_id)}")

    def with_needs(self, check_ids: Iterable[str]) -> list[Check]:
        """These checks and all that they need, directly or not, in the catalogue's order."""
        wanted: set[str] = set()
        pending = list(check_ids)
        while pending:
            check_id = pending.pop()
            if check_id not in wanted:
                wanted.add(check_id)
                pending.extend(self[check_id].needs)
        return [check for check in self if check.id in wanted]
