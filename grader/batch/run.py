"""Grades a class: what is new or changed, all hand-ins on the same workers, each result kept as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from grader.batch import duplicates
from grader.batch.digests import digest_of
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


class HandIn(Protocol):
    """What was handed in, wherever it lies."""

    @property
    def entry(self) -> Entry:
        """Who handed it in."""

    def opened(self) -> AbstractContextManager[Intake]:
        """Its files, for now; UsageError if it cannot be opened."""


@dataclass(frozen=True)
class Result:
    """What became of one hand-in."""

    key: str
    verdict_key: str  # empty: it is to be graded again next time
    report: Mapping[str, Any] | None
    error: str = ""
    exhibits: Mapping[str, Evidence] = field(default_factory=dict)


class BatchReporter:
    """Hears how the class goes; does nothing by itself."""

    def begins(self, pending: int, unchanged: int) -> None:
        """So many hand-ins are to be graded, and so many have their verdicts."""

    def opens(self, key: str) -> Reporter:  # noqa: ARG002 - nobody hears of it
        """A hand-in is begun; what is returned hears of its checks."""
        return Reporter()

    def page(self, key: str) -> None:
        """All is graded, and the page of a hand-in is written now."""

    def ends(self, result: Result) -> None:
        """A hand-in has its result, and that is kept."""


class Seen(NamedTuple):
    """A hand-in that was looked into: what its verdicts are made of (empty if it cannot be opened), and its programs' prints."""

    hand_in: HandIn
    verdict_key: str
    prints: Mapping[str, duplicates.Print]


def look_into(handed_in: Iterable[HandIn], rules: str) -> Iterator[Seen]:
    """Open each of them, once, before anything is run."""
    for one in handed_in:
        try:
            with one.opened() as taken:
                yield Seen(one, digest_of(taken.place, rules), duplicates.prints(taken.place))
        except Exception:  # noqa: BLE001 - whatever is wrong with one is told when it is graded, and stops nobody
            yield Seen(one, "", {})


def grade_class(
    codelab: Codelab,
    request: GradingRequest,
    work: Iterable[Seen],
    store: Store,
    *,
    isolation: str,
    jobs: int,
    needed: tuple[Path, ...],
    reporter: BatchReporter,
) -> tuple[str, ...]:
    """Grade these, and keep each result as it comes; the notes that are about all of them. `needed`: where they lie."""
    with workers_for(codelab, request.setup(needed[0], {}), isolation, jobs, needed) as workers:
        gradings = (graded(codelab, request, one.hand_in, one.verdict_key, reporter) for one in work)
        for result in run_all(codelab, gradings, workers):
            store.save(result.key, result.verdict_key, result.report, result.error, result.exhibits)
            reporter.ends(result)
        return workers.notes


def graded(
    codelab: Codelab, request: GradingRequest, one: HandIn, verdict_key: str, reporter: BatchReporter
) -> Grading[Result]:
    """Grade one hand-in. Whatever is wrong with it becomes its own result and stops nobody else's."""
    key = one.entry.key
    try:
        with one.opened() as taken:
            report = yield from grading(codelab, request, taken, reporter.opens(key))
    except UsageError as error:
        return Result(key, verdict_key, None, str(error).removeprefix(f"{key}: "))
    except GraderError as error:
        return Result(key, "", None, str(error).removeprefix(f"{key}: "))
    except Exception as error:  # noqa: BLE001 - a fault of ours in one must not cost the others
        return Result(key, "", None, f"the grader failed: {type(error).__name__}: {error}")
    missing = any(check.status is Status.ERROR for check in report)
    return Result(key, "" if missing else verdict_key, json_report.to_dict(report), exhibits=report.exhibits)
