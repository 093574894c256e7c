"""Running the checks of submissions, all on the same workers.

The grading of a submission is a generator: it yields steps with checks to run, is sent their outcomes, and returns its
result. So an idle worker can take the next check of any submission.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Generic, TypeVar, cast

from grader.model.catalogue import Check
from grader.model.codelab import Codelab
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult
from grader.run.pool import Worker, Workers, processors
from grader.run.schedule import Reporter, Schedule
from grader.submission import temporary

T = TypeVar("T")
_FEW = 4  # workers that are started even for fewer checks


@dataclass(frozen=True)
class Step:
    """Checks to run on a submission, with all that they need."""

    setup: RunSpec
    wanted: list[str]
    reporter: Reporter = field(default_factory=Reporter)


@dataclass(frozen=True)
class Outcome:
    """The results of a step in the catalogue's order, with the level of isolation and notes on it."""

    results: list[CheckResult]
    isolation: str
    notes: tuple[str, ...] = ()


Grading = Generator[Step, Outcome, T]
"""The grading of a submission: see above."""


@contextlib.contextmanager
def workers_for(
    codelab: Codelab,
    setup: RunSpec,
    isolation: str,
    jobs: int,
    needed: tuple[Path, ...] = (),
    stop: Connection | None = None,
) -> Iterator[Workers]:
    """Start workers, and end them after the block. Raises GraderError when the machine lacks that isolation.

    For the other parameters see `Workers`; with `jobs` 0 there are as many workers as processors.
    """
    importlib.import_module("grader.programs.terminal")  # once, before the workers are forked
    with (
        temporary.folder() as scratch,
        Workers(codelab, setup, scratch, isolation, jobs or processors(), needed, stop=stop) as workers,
    ):
        yield workers


def run_checks(
    codelab: Codelab,
    wanted: Iterable[str],
    setup: RunSpec,
    *,
    isolation: str = "auto",
    jobs: int = 0,
    reporter: Reporter | None = None,
) -> Outcome:
    """Run the wanted checks of a submission, and those that they need. Raises GraderError when the machine cannot."""
    return run_one(codelab, _only(Step(setup, list(wanted), reporter or Reporter())), isolation, jobs)


def _only(step: Step) -> Grading[Outcome]:
    return (yield step)


def run_one(codelab: Codelab, grading: Grading[T], isolation: str, jobs: int, stop: Connection | None = None) -> T:
    """Carry out a grading and return its result.

    Raises GraderError when the machine cannot, and Abandoned as soon as `stop` is readable.
    """
    try:
        step = next(grading)
    except StopIteration as end:
        return cast("T", end.value)
    most = max(
        _FEW, len(codelab.catalogue.with_needs(step.wanted))
    )  # a short first step may be a trial before a long step
    with workers_for(codelab, step.setup, isolation, min(jobs or processors(), most), stop=stop) as workers:
        return next(run_all(codelab, [_continued(step, grading)], workers))


def _continued(step: Step, grading: Grading[T]) -> Grading[T]:
    while True:
        outcome = yield step
        try:
            step = grading.send(outcome)
        except StopIteration as end:
            return cast("T", end.value)


def run_all(codelab: Codelab, gradings: Iterable[Grading[T]], workers: Workers) -> Iterator[T]:
    """Carry out gradings; yield the result of each as it ends. The next begins only when workers would be idle otherwise."""
    return _Run(codelab, iter(gradings), workers).results()


class _ActiveGrading(Generic[T]):
    """A grading that has begun, with its present step."""

    def __init__(self, grading: Grading[T]) -> None:
        self.grading = grading
        self.step: Step
        self.schedule: Schedule


class _Run(Generic[T]):
    """The state of a run over several gradings."""

    def __init__(self, codelab: Codelab, gradings: Iterator[Grading[T]], workers: Workers) -> None:
        self._lab, self._gradings, self._workers = codelab, gradings, workers
        self._active: list[_ActiveGrading[T]] = []
        self._ended: list[T] = []
        self._alone = False  # whether a check runs that must be the only running check

    def results(self) -> Iterator[T]:
        """Yield the result of each grading. At the end, even an early end, gradings that have begun are closed."""
        try:
            yield from self._results()
        finally:
            for active in self._active:
                active.grading.close()

    def _results(self) -> Iterator[T]:
        while True:
            self._start()
            done = [active for active in self._active if active.schedule.done]
            for active in done:
                self._go_on(active, lambda active=active: active.grading.send(self._outcome(active.schedule)))  # type: ignore[misc]
            yield from self._ended
            self._ended.clear()
            if done:
                continue
            if not self._workers.busy:
                return
            for busy, result in self._workers.results():
                self._take(busy, result)

    def _start(self) -> None:
        """Give each idle worker a check, as long as there are any."""
        for idle in self._workers.idle:
            if not (job := self._next()):
                return
            active, check = job
            self._workers.start(idle, check, replace(active.step.setup, patience=active.schedule.patience), job)

    def _next(self) -> tuple[_ActiveGrading[T], Check] | None:
        """The next check with its grading; None if no check can begin now."""
        alone = next((active for active in self._active if active.schedule.wants_to_be_alone), None)
        if self._alone or (alone and self._workers.busy):
            return None
        if alone:
            self._alone = True
            return self._check_of(alone)
        for active in self._active:
            if job := self._check_of(active):
                return job
        for grading in self._gradings:
            active = _ActiveGrading(grading)
            self._active.append(active)
            if self._go_on(active, lambda active=active: next(active.grading)) and (job := self._check_of(active)):  # type: ignore[misc]
                return job
        return None

    @staticmethod
    def _check_of(active: _ActiveGrading[T]) -> tuple[_ActiveGrading[T], Check] | None:
        check = active.schedule.next()
        return (active, check) if check else None

    def _go_on(self, active: _ActiveGrading[T], action: Callable[[], Step]) -> bool:
        """Resume a grading by `action`; whether it has another step. If not, its result is kept."""
        try:
            active.step = action()
        except StopIteration as end:
            self._ended.append(end.value)
            self._active.remove(active)
            return False
        active.schedule = Schedule(
            self._lab.catalogue, self._lab.catalogue.with_needs(active.step.wanted), active.step.reporter
        )
        return True

    def _outcome(self, schedule: Schedule) -> Outcome:
        return Outcome(schedule.results(), self._workers.isolation, self._workers.notes)

    def _take(self, busy: Worker, result: CheckResult | None) -> None:
        (active, check), busy.task = busy.task, None
        self._alone = False
        if result is None:
            self._workers.replace(busy)
        active.schedule.take(check, result)
