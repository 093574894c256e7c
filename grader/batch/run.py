"""Grades the hand-ins of a class on the same workers, and stores each result as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from grader.batch import duplicates
from grader.batch.store import Store
from grader.model.codelab import Codelab
from grader.model.errors import GraderError, UsageError
from grader.model.evidence import Evidence
from grader.model.verdict import Status
from grader.reports import json as json_report
from grader.results.graded import Entry
from grader.run.grading import GradingRequest, grading
from grader.run.runner import Grading, run_all, workers_for
from grader.run.schedule import Reporter
from grader.submission.intake import Intake

_TRIES = 3  # that a hand-in which changes meanwhile is graded


class HandIn(Protocol):
    """A hand-in, in any place or form."""

    @property
    def entry(self) -> Entry:
        """The hand-in's key and authors."""

    def opened(self) -> AbstractContextManager[Intake]:
        """Open its files within the block. Raises UsageError if that fails."""


@dataclass(frozen=True)
class Result:
    """The result of one hand-in: a report, or an error."""

    key: str
    verdict_key: str  # empty: grade again next time
    report: Mapping[str, Any] | None
    error: str = ""
    exhibits: Mapping[str, Evidence] = field(default_factory=dict)


class BatchReporter:
    """Base of listeners to a batch; each method does nothing."""

    def begins(self, pending: int, unchanged: int) -> None:
        """Called once, with the number of hand-ins to grade and of those with verdicts."""

    def opens(self, key: str) -> Reporter:  # noqa: ARG002 - for subclasses
        """Called before a hand-in is graded; returns the listener to its checks."""
        return Reporter()

    def page(self, key: str) -> None:
        """Called after grading, before each page is written."""

    def ends(self, result: Result) -> None:
        """Called with each result, once it is stored."""


class Seen(NamedTuple):
    """A hand-in with the digest that its verdicts depend on (empty if it cannot be opened), and its programs' prints."""

    hand_in: HandIn
    verdict_key: str
    prints: Mapping[str, duplicates.Print]


KeyOf = Callable[[Path], str]
"""From the place of an opened hand-in to the digest that its verdicts depend on."""


def look_into(handed_in: Iterable[HandIn], key_of: KeyOf) -> Iterator[Seen]:
    """Open each hand-in once, before any program is run."""
    for hand_in in handed_in:
        try:
            with hand_in.opened() as intake:
                yield Seen(hand_in, key_of(intake.place), duplicates.prints(intake.place))
        except Exception:  # noqa: BLE001 - reported when this hand-in is graded; the others go on
            yield Seen(hand_in, "", {})


def grade_class(
    codelab: Codelab,
    request: GradingRequest,
    work: Iterable[Seen],
    store: Store,
    *,
    key_of: KeyOf,
    isolation: str,
    jobs: int,
    needed: tuple[Path, ...],
    reporter: BatchReporter,
) -> tuple[str, ...]:
    """Grade these and store each result; return notes on the run. `needed`: paths that workers must be able to read."""
    with workers_for(codelab, request.setup(needed[0], {}), isolation, jobs, needed) as workers:
        gradings = (graded(codelab, request, seen.hand_in, key_of, reporter) for seen in work)
        for result in run_all(codelab, gradings, workers):
            store.save(result.key, result.verdict_key, result.report, result.error, result.exhibits)
            reporter.ends(result)
        return workers.notes


def graded(
    codelab: Codelab, request: GradingRequest, hand_in: HandIn, key_of: KeyOf, reporter: BatchReporter
) -> Grading[Result]:
    """Grade one hand-in, once more if it changes meanwhile. Every error becomes its result, so that the others go on."""
    for _ in range(_TRIES):
        before, result = yield from _graded_once(codelab, request, hand_in, key_of, reporter)
        if _key_now(hand_in, key_of) == before:
            return result
    return Result(hand_in.entry.key, "", None, f"it was changed each of the {_TRIES} times that it was graded.")


def _graded_once(
    codelab: Codelab, request: GradingRequest, hand_in: HandIn, key_of: KeyOf, reporter: BatchReporter
) -> Grading[tuple[str, Result]]:
    """Grade a hand-in; the digest that it had before (empty if it cannot be opened), and the result."""
    key, verdict_key = hand_in.entry.key, ""
    try:
        with hand_in.opened() as intake:
            verdict_key = key_of(intake.place)
            report = yield from grading(codelab, request, intake, reporter.opens(key))
    except UsageError as error:
        return verdict_key, Result(key, verdict_key, None, error.beside(key))
    except GraderError as error:
        return verdict_key, Result(key, "", None, error.beside(key))
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the others
        return verdict_key, Result(key, "", None, f"the grader failed: {type(error).__name__}: {error}")
    missing = any(check.status is Status.ERROR for check in report)
    kept = "" if missing else verdict_key
    return verdict_key, Result(key, kept, json_report.to_dict(report), exhibits=report.exhibits)


def _key_now(hand_in: HandIn, key_of: KeyOf) -> str:
    """The digest that a hand-in's verdicts depend on; empty if it cannot be opened."""
    try:
        with hand_in.opened() as intake:
            return key_of(intake.place)
    except Exception:  # noqa: BLE001 - as when it is graded
        return ""
