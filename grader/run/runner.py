"""Runs the checks of one submission or of many, all on the same workers.

What happens with one submission is told by a generator: it yields the steps in which checks are run, is sent their outcome,
and returns what it made of them. So a worker that is free takes the next check of whichever submission has one.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Generic, TypeVar, cast

from grader.model.catalogue import Check
from grader.model.codelab import Codelab
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult
from grader.run.pool import Worker, Workers, processors
from grader.run.schedule import Reporter, Schedule
from grader.submission import files

T = TypeVar("T")
_FEW = 4  # workers that are started even for fewer checks


@dataclass(frozen=True)
class Step:
    """Checks to run on one submission, with all that they need."""

    setup: RunSpec
    wanted: list[str]
    reporter: Reporter = field(default_factory=Reporter)


@dataclass(frozen=True)
class Outcome:
    """The results of a step in the catalogue's order, and how they came about."""

    results: list[CheckResult]
    isolation: str
    notes: tuple[str, ...] = ()


Grading = Generator[Step, Outcome, T]
"""What is done with one submission."""


@contextlib.contextmanager
def workers_for(
    codelab: Codelab,
    setup: RunSpec,
    isolation: str,
    jobs: int,
    needed: tuple[Path, ...] = (),
    stop: Connection | None = None,
) -> Iterator[Workers]:
    """Workers; GraderError if this machine has none of that isolation. `setup` tells what all submissions have in common."""
    importlib.import_module("grader.programs.terminal")  # once, before the workers are forked
    with (
        files.temporary_folder() as scratch,
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
    """Run the wanted checks of one submission and what they need; GraderError if this machine cannot."""
    return run_one(codelab, _only(Step(setup, list(wanted), reporter or Reporter())), isolation, jobs)


def _only(step: Step) -> Grading[Outcome]:
    return (yield step)


def run_one(codelab: Codelab, grading: Grading[T], isolation: str, jobs: int, stop: Connection | None = None) -> T:
    """Carry out one grading, and return what it does; GraderError if this machine cannot.

    It is Abandoned as soon as `stop` has something to read.
    """
    try:
        step = next(grading)
    except StopIteration as end:
        return cast("T", end.value)
    few = max(
        _FEW, len(codelab.catalogue.with_needs(step.wanted))
    )  # a first step may be a trial, and the next one long
    with workers_for(codelab, step.setup, isolation, min(jobs or processors(), few), stop=stop) as workers:
        return next(run_all(codelab, [_continued(step, grading)], workers))


def _continued(step: Step, grading: Grading[T]) -> Grading[T]:
    while True:
        outcome = yield step
        try:
            step = grading.send(outcome)
        except StopIteration as end:
            return cast("T", end.value)


def run_all(codelab: Codelab, gradings: Iterable[Grading[T]], workers: Workers) -> Iterator[T]:
    """Carry out all of them; what each returns, as it ends. Another one is begun only when those begun have nothing to do."""
    return _Run(codelab, iter(gradings), workers).results()


class _Begun(Generic[T]):
    """A submission that is being graded."""

    def __init__(self, grading: Grading[T]) -> None:
        self.grading = grading
        self.step: Step
        self.schedule: Schedule


class _Run(Generic[T]):
    """The state of a run over many submissions."""

    def __init__(self, codelab: Codelab, gradings: Iterator[Grading[T]], workers: Workers) -> None:
        self._lab, self._gradings, self._workers = codelab, gradings, workers
        self._begun: list[_Begun[T]] = []
        self._ended: list[T] = []
        self._alone = False  # a check runs that must have no other beside it

    def results(self) -> Iterator[T]:
        """What each grading returns. However this ends, those that are begun are closed."""
        try:
            yield from self._results()
        finally:
            for one in self._begun:
                one.grading.close()

    def _results(self) -> Iterator[T]:
        while True:
            self._start()
            done = [one for one in self._begun if one.schedule.done]
            for one in done:
                self._go_on(one, lambda one=one: one.grading.send(self._outcome(one.schedule)))  # type: ignore[misc]
            yield from self._ended
            self._ended.clear()
            if done:
                continue
            if not self._workers.busy:
                return
            for busy, result in self._workers.results():
                self._take(busy, result)

    def _start(self) -> None:
        """Give each idle worker a check, as far as there are any to run."""
        for idle in self._workers.idle:
            if not (job := self._next()):
                return
            one, check = job
            self._workers.start(idle, check, one.step.setup, job)

    def _next(self) -> tuple[_Begun[T], Check] | None:
        """The next check, and whose it is."""
        alone = next((one for one in self._begun if one.schedule.wants_to_be_alone), None)
        if self._alone or (alone and self._workers.busy):
            return None
        if alone:
            self._alone = True
            return self._check_of(alone)
        for one in self._begun:
            if job := self._check_of(one):
                return job
        for grading in self._gradings:
            one = _Begun(grading)
            self._begun.append(one)
            if self._go_on(one, lambda one=one: next(one.grading)) and (job := self._check_of(one)):  # type: ignore[misc]
                return job
        return None

    @staticmethod
    def _check_of(one: _Begun[T]) -> tuple[_Begun[T], Check] | None:
        check = one.schedule.next()
        return (one, check) if check else None

    def _go_on(self, one: _Begun[T], action: Callable[[], Step]) -> bool:
        """Let a grading go on to its next step; whether there is one."""
        try:
            one.step = action()
        except StopIteration as end:
            self._ended.append(end.value)
            self._begun.remove(one)
            return False
        one.schedule = Schedule(self._lab.catalogue, self._lab.catalogue.with_needs(one.step.wanted), one.step.reporter)
        return True

    def _outcome(self, schedule: Schedule) -> Outcome:
        return Outcome(schedule.results(), self._workers.isolation, self._workers.notes)

    def _take(self, busy: Worker, result: CheckResult | None) -> None:
        (one, check), busy.task = busy.task, None
        self._alone = False
        if result is None:
            self._workers.replace(busy)
        one.schedule.take(check, result)
