"""Which checks run, in what order, on which worker; what a failed check means for those that need it.

Results do not depend on the order or the number of workers: a check whose needs are not decided yet may run ahead, and
its result is dropped if a need turns out to have failed.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from grader import files, procfs, worker
from grader.check import Catalogue, Check, CheckResult, Status
from grader.codelab import Codelab
from grader.errors import GraderError
from grader.isolation import LEFT_OPEN, LEVELS
from grader.room import Setup

_GRACE = 60.0  # seconds more than a check may last: the last resort against a fault of ours


@dataclass(frozen=True)
class Outcome:
    """All results in the catalogue's order, and how they came about."""

    results: list[CheckResult]
    isolation: str
    notes: tuple[str, ...] = ()


@dataclass
class _Worker:
    number: int
    process: Any
    pipe: Connection
    check: Check | None = None


class Listener:
    """Hears how the run goes; does nothing by itself."""

    def started(self, check_id: str) -> None:
        """A check has begun."""

    def finished(self, result: CheckResult) -> None:
        """A check has ended; its result may still turn into a skip."""


def run_checks(
    lab: Codelab,
    wanted: Iterable[str],
    setup: Setup,
    *,
    isolation: str = "auto",
    jobs: int = 0,
    listener: Listener | None = None,
) -> Outcome:
    """Run the wanted checks and what they need; GraderError if this machine cannot."""
    plan = lab.catalogue.with_needs(wanted)
    if any(check.runs in ("client", "both") for check in plan):
        importlib.import_module("grader.terminal")  # once, before the workers are forked
    with (
        files.temporary_folder() as scratch,
        _Workers(lab, setup, scratch, isolation, min(jobs or _processors(), len(plan))) as workers,
    ):
        results = _Schedule(lab.catalogue, plan, workers, listener or Listener()).run()
    return Outcome(
        [results[check.id] for check in lab.catalogue if check.id in results], workers.isolation, workers.notes
    )


class _Schedule:
    """The state of one run: what waits, what is known."""

    def __init__(self, catalogue: Catalogue, plan: list[Check], workers: _Workers, listener: Listener) -> None:
        self._catalogue, self._workers, self._listener = catalogue, workers, listener
        self._waiting = list(plan)
        self._results: dict[str, CheckResult] = {}
        self._again: list[Check] = []  # inconclusive beside others: once more, alone
        self._tries: dict[str, int] = {}

    def run(self) -> dict[str, CheckResult]:
        while self._waiting or self._workers.busy:
            for idle in self._workers.idle:
                if check := self._next():
                    self._start(idle, check)
            for one, result in self._workers.results() if self._workers.busy else ():  # all the rest may be skipped
                self._take(one, result)
            if not self._waiting and not self._workers.busy and self._again:
                self._start(self._workers.idle[0], self._again.pop(0))
        return {check_id: self._final(check_id) for check_id in self._results}

    def _next(self) -> Check | None:
        """The next check to run: best one whose needs have passed, else one that may run ahead of them."""
        for check in [check for check in self._waiting if self._failed_need(check)]:
            self._waiting.remove(check)
            self._results[check.id] = CheckResult(
                check.id, check.title, check.runs, check.points, Status.SKIP, needs=check.needs
            )
            self._listener.finished(self._results[check.id])
        decided = (check for check in self._waiting if all(need in self._results for need in check.needs))
        chosen = next(decided, self._waiting[0] if self._waiting else None)
        if chosen:
            self._waiting.remove(chosen)
        return chosen

    def _start(self, one: _Worker, check: Check) -> None:
        self._tries[check.id] = self._tries.get(check.id, 0) + 1
        self._listener.started(check.id)
        self._workers.start(one, check)

    def _take(self, one: _Worker, result: CheckResult | None) -> None:
        check, one.check = one.check, None
        assert check is not None
        once = self._tries[check.id] == 1
        if result is None:
            self._workers.replace(one)
            if once:
                self._waiting.insert(0, check)
                return
            result = CheckResult(check.id, check.title, check.runs, check.points, Status.ERROR, needs=check.needs)
            result.summary = "the grader's worker process died twice in this check"
        if result.because == worker.INCONCLUSIVE and once:
            self._again.append(check)
            return
        self._results[check.id] = result
        self._listener.finished(result)
        unless = result.failure.unless if result.failure else ""
        if unless and unless not in self._tries and all(other.id != unless for other in self._waiting):
            self._waiting.append(self._catalogue[unless])

    def _failed_need(self, check: Check) -> str:
        """The check that makes this one meaningless: a need that failed, or the one that its failure is a consequence of."""
        for need in check.needs:
            result = self._results.get(need)
            if result is None:
                continue
            if result.failure and result.failure.blocks:
                return self._consequence_of(result) or need
            if result.status is Status.SKIP or self._failed_need(self._catalogue[need]):
                return self._failed_need(self._catalogue[need]) or need
        return ""

    def _consequence_of(self, result: CheckResult) -> str:
        """The failed check that this failure follows from, if any."""
        unless = result.failure.unless if result.failure else ""
        cause = self._results.get(unless) if unless != result.id else None
        return unless if cause is not None and cause.status is Status.FAIL else ""

    def _final(self, check_id: str) -> CheckResult:
        """The result, turned into a skip where a need has failed."""
        result = self._results[check_id]
        because = self._failed_need(self._catalogue[check_id]) or self._consequence_of(result)
        if not because:
            return replace(result, because="") if result.because == worker.INCONCLUSIVE else result
        return CheckResult(
            result.id, result.title, result.runs, result.points, Status.SKIP, seconds=result.seconds,
            needs=result.needs, because=because, summary=f"skipped: it needs {because}, which failed",
        )  # fmt: skip


class _Workers:
    """The worker processes of one run. A context manager: none outlives it, nor anything that they started."""

    def __init__(self, lab: Codelab, setup: Setup, scratch: Path, isolation: str, count: int) -> None:
        self._lab, self._setup, self._scratch = lab, setup, scratch
        self._levels = list(LEVELS) if isolation == "auto" else [isolation]
        self._count = count
        self._all: list[_Worker] = []
        self._context: Any = multiprocessing.get_context("fork")
        self.notes: tuple[str, ...] = ()

    @property
    def isolation(self) -> str:
        """The level that it came to."""
        return self._levels[0]

    def __enter__(self) -> _Workers:
        worker.become_owner_of_orphans()
        self._before = set(_our_descendants())
        try:
            self._fill()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _fill(self) -> None:
        level = self._levels[0]
        self._all = [self._launch(number) for number in range(1 if level == "none" else self._count)]
        try:
            refusals = [refusal for one in self._all if (refusal := one.pipe.recv())]
        except EOFError as error:
            raise GraderError("a worker process of the grader died before it began") from error
        if not refusals:
            if LEFT_OPEN[level]:
                self.notes = (*self.notes, f"isolation {level}: {LEFT_OPEN[level]}")
            return
        self._end_all()
        del self._levels[0]
        if not self._levels:
            less = LEVELS[LEVELS.index(level) + 1 :]
            raise GraderError(f"{refusals[0]}; --isolation {less[0]} does without" if less else refusals[0])
        self.notes = (*self.notes, f"no isolation {level}: {refusals[0]}")
        self._fill()

    def _launch(self, number: int) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_child,
            args=(
                theirs,
                [one.pipe for one in self._all] + [ours],
                self._lab,
                self._setup,
                self._scratch,
                self._levels[0],
                number,
            ),
        )
        process.start()
        theirs.close()
        return _Worker(number, process, ours)

    @property
    def idle(self) -> list[_Worker]:
        """Those that wait for a check."""
        return [one for one in self._all if one.check is None]

    @property
    def busy(self) -> list[_Worker]:
        """Those that run one."""
        return [one for one in self._all if one.check is not None]

    def start(self, one: _Worker, check: Check) -> None:
        """Hand a check to a worker."""
        one.check = check
        with contextlib.suppress(BrokenPipeError):  # it died: reading tells
            one.pipe.send(check.id)

    def results(self) -> Iterator[tuple[_Worker, CheckResult | None]]:
        """Wait for results; None from a worker that died or never came back."""
        ready = wait([one.pipe for one in self.busy], timeout=self._setup.limits.seconds + _GRACE)
        for one in self.busy:
            if one.pipe in ready:
                try:
                    yield one, one.pipe.recv()
                except (EOFError, OSError):
                    yield one, None
            elif not ready:
                yield one, None

    def replace(self, dead: _Worker) -> None:
        """Put a new worker in the place of a dead or lost one."""
        dead.process.terminate()
        self._end(dead)
        fresh = self._launch(dead.number)
        if refusal := fresh.pipe.recv():
            raise GraderError(refusal)
        dead.process, dead.pipe = fresh.process, fresh.pipe

    def __exit__(self, *_: object) -> None:
        self._end_all()
        _kill(set(_our_descendants()) - self._before)

    def _end_all(self) -> None:
        for one in self._all:
            one.pipe.close()
            if one.check is not None:
                one.process.terminate()
        for one in self._all:
            self._end(one)
        self._all = []

    @staticmethod
    def _end(one: _Worker) -> None:
        one.pipe.close()
        if one.check is not None:
            one.process.terminate()
        one.process.join(15)
        if one.process.exitcode is None:
            one.process.kill()
            one.process.join()


def _child(
    pipe: Connection, others: list[Connection], lab: Codelab, setup: Setup, scratch: Path, level: str, number: int
) -> None:
    for other in others:
        other.close()
    worker.serve(pipe, lab, setup, scratch, level, number)


def _our_descendants() -> list[int]:
    return procfs.descendants(os.getpid()) if sys.platform.startswith("linux") else []


def _kill(pids: set[int]) -> None:
    """What a worker that was killed has left behind."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
