"""The pool of worker processes: started once, each given a single check at a time, replaced when they die."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from grader.isolation.levels import LEVELS
from grader.model.catalogue import Check
from grader.model.codelab import Codelab
from grader.model.errors import Abandoned, GraderError
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult
from grader.run.worker import serve
from grader.system import processes

_GRACE = 60.0  # seconds beyond a check's time limit, after which a worker is given up: a fault of ours


@dataclass
class Worker:
    """A worker process; `task` is its user's data about the check that it runs, None while it is idle."""

    number: int
    process: Any
    pipe: Any
    task: Any = None
    deadline: float = 0.0  # of its check, in monotonic seconds


class Workers:
    """The worker processes of a run. At the end of its `with` block they are ended with all their descendants."""

    def __init__(
        self, codelab: Codelab, setup: RunSpec, scratch: Path, isolation: str, count: int, needed: tuple[Path, ...] = (),
        within: float | None = None, stop: Connection | None = None,
    ) -> None:  # fmt: skip
        """`setup` has what all submissions have in common, `needed` are folders with further submissions.

        A worker that has not begun `within` so many seconds is given up; by default never, because it may wait for another
        run. When `stop` becomes readable, the run is abandoned.
        """
        self._lab, self._setup, self._scratch = codelab, setup, scratch
        self._levels = list(LEVELS) if isolation == "auto" else [isolation]
        self._count, self._needed, self._within = count, needed, within
        self._stops = [stop] if stop else []
        self._all: list[Worker] = []
        self._context: Any = multiprocessing.get_context("fork")
        self.notes: tuple[str, ...] = ()
        self.leaves_open: tuple[str, ...] = ()  # sentences about what the isolation leaves unprotected

    @property
    def isolation(self) -> str:
        """The level of isolation of all workers."""
        return self._levels[0]

    def __enter__(self) -> Workers:
        processes.become_owner_of_orphans()
        self._before = set(processes.known_descendants(os.getpid()))
        try:
            self._fill()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _fill(self) -> None:
        """Start all workers at the first level of isolation that works. Raises GraderError when none does."""
        level = self._levels[0]
        self._all = [self._launch(number) for number in range(1 if level == "none" else self._count)]
        greetings = [self._greeting(worker) for worker in self._all]
        refusals = [greeting for greeting in greetings if isinstance(greeting, GraderError)]
        if not refusals:
            self.leaves_open = tuple(sentence for sentence in dict.fromkeys(map(str, greetings)) if sentence)
            self.notes = (*self.notes, *(f"isolation {level}: {sentence}" for sentence in self.leaves_open))
            return
        self._end_all()
        del self._levels[0]
        if not self._levels:
            less = LEVELS[LEVELS.index(level) + 1 :]
            advice = f"; --isolation {less[0]} does without" if less else ""
            raise GraderError(f"{refusals[0]}{advice}") from refusals[0]
        self.notes = (*self.notes, f"no isolation {level}: {refusals[0]}")
        self._fill()

    def _greeting(self, worker: Worker) -> str | GraderError:
        """The greeting of a new worker: see `worker.serve`. Raises GraderError when it sends none."""
        if not worker.pipe.poll(self._within):
            worker.process.terminate()  # it may never look at its pipe
            raise GraderError(f"a worker process of the grader has not begun within {self._within:.0f} seconds")
        try:
            greeting: str | GraderError = worker.pipe.recv()
        except EOFError as error:
            raise GraderError("a worker process of the grader died before it began") from error
        return greeting

    def _launch(self, number: int) -> Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_child,
            args=(
                theirs,
                [worker.pipe for worker in self._all] + [ours],
                self._lab,
                self._setup,
                self._scratch,
                self._levels[0],
                number,
                self._needed,
            ),
        )
        process.start()
        theirs.close()
        return Worker(number, process, ours)

    @property
    def idle(self) -> list[Worker]:
        """The workers that wait for a check."""
        return [worker for worker in self._all if worker.task is None]

    @property
    def busy(self) -> list[Worker]:
        """The workers that run a check."""
        return [worker for worker in self._all if worker.task is not None]

    def start(self, worker: Worker, check: Check, setup: RunSpec, task: object) -> None:
        """Send a check to a worker. `task` is kept as the worker's `task`."""
        worker.task = task
        worker.deadline = time.monotonic() + 2 * (
            self._setup.limits.seconds + _GRACE
        )  # twice: there may be a post-mortem
        with contextlib.suppress(BrokenPipeError):  # it died: `results` will notice
            worker.pipe.send((check.id, setup))

    def results(self) -> Iterator[tuple[Worker, CheckResult | None]]:
        """Wait for results; None from a worker that died or missed its deadline. Raises Abandoned when `stop` is readable."""
        nearest = min(worker.deadline for worker in self.busy)
        ready = wait(
            [*self._stops, *(worker.pipe for worker in self.busy)], timeout=max(0.0, nearest - time.monotonic())
        )
        if any(stop in ready for stop in self._stops):
            raise Abandoned
        for worker in self.busy:
            if worker.pipe in ready:
                try:
                    yield worker, worker.pipe.recv()
                except (EOFError, OSError):
                    yield worker, None
            elif time.monotonic() > worker.deadline:
                yield worker, None

    def replace(self, dead: Worker) -> None:
        """Replace a worker that died or missed its deadline. Raises GraderError when the new worker cannot begin."""
        dead.process.terminate()
        self._end(dead)
        others = [worker.process.pid for worker in self._all if worker is not dead]
        living = {pid for other in others for pid in (other, *processes.known_descendants(other))}
        # Programs of the dead worker would disturb later checks.
        _kill(set(processes.known_descendants(os.getpid())) - self._before - living)
        fresh = self._launch(dead.number)
        greeting = self._greeting(fresh)
        if isinstance(greeting, GraderError):
            raise greeting
        dead.process, dead.pipe = fresh.process, fresh.pipe

    def __exit__(self, *_: object) -> None:
        self._end_all()
        _kill(set(processes.known_descendants(os.getpid())) - self._before)

    def _end_all(self) -> None:
        for worker in self._all:
            worker.pipe.close()
            if worker.task is not None:
                worker.process.terminate()
        for worker in self._all:
            self._end(worker)
        self._all = []

    @staticmethod
    def _end(worker: Worker) -> None:
        worker.pipe.close()
        if worker.task is not None:
            worker.process.terminate()
        worker.process.join(15)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()


def _child(
    pipe: Connection,
    others: list[Connection],
    codelab: Codelab,
    setup: RunSpec,
    scratch: Path,
    level: str,
    number: int,
    needed: tuple[Path, ...],
) -> None:
    for other in others:
        other.close()
    serve(pipe, codelab, setup, scratch, level, number, needed)


def _kill(pids: set[int]) -> None:
    """Kill and reap processes that a worker has left behind."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def processors() -> int:
    """The number of processors that this process may use: sched_getaffinity(2)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
