"""The processes that run checks: started once, handed one check at a time, replaced when they die."""

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
from grader.run import worker
from grader.system import processes

_GRACE = 60.0  # seconds more than a check may last: the last resort against a fault of ours


@dataclass
class Worker:
    """One process; `task` is whatever its user keeps with the check that it runs, None while it waits."""

    number: int
    process: Any
    pipe: Any
    task: Any = None
    deadline: float = 0.0  # monotonic seconds: when its check is given up


class Workers:
    """The worker processes of one run. A context manager: none outlives it, nor anything that they started."""

    def __init__(
        self, codelab: Codelab, setup: RunSpec, scratch: Path, isolation: str, count: int, needed: tuple[Path, ...] = (),
        within: float | None = None, stop: Connection | None = None,
    ) -> None:  # fmt: skip
        """`setup` tells what all submissions have in common, `needed` the folders in which there are others.

        `within` are the seconds after which a worker that has not begun is given up; without it, it may wait for another run.
        When `stop` has something to read, nobody waits for results any more.
        """
        self._lab, self._setup, self._scratch = codelab, setup, scratch
        self._levels = list(LEVELS) if isolation == "auto" else [isolation]
        self._count, self._needed, self._within = count, needed, within
        self._stops = [stop] if stop else []
        self._all: list[Worker] = []
        self._context: Any = multiprocessing.get_context("fork")
        self.notes: tuple[str, ...] = ()
        self.leaves_open: tuple[str, ...] = ()  # what the isolation does not protect from, in sentences

    @property
    def isolation(self) -> str:
        """The level that it came to."""
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
        level = self._levels[0]
        self._all = [self._launch(number) for number in range(1 if level == "none" else self._count)]
        told = [self._hello(one) for one in self._all]
        refusals = [one for one in told if isinstance(one, GraderError)]
        if not refusals:
            self.leaves_open = tuple(sentence for sentence in dict.fromkeys(map(str, told)) if sentence)
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

    def _hello(self, one: Worker) -> str | GraderError:
        """What a worker says when it begins: see `worker.serve`."""
        if not one.pipe.poll(self._within):
            one.process.terminate()  # it may never look at its pipe
            raise GraderError(f"a worker process of the grader has not begun within {self._within:.0f} seconds")
        try:
            told: str | GraderError = one.pipe.recv()
        except EOFError as error:
            raise GraderError("a worker process of the grader died before it began") from error
        return told

    def _launch(self, number: int) -> Worker:
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
                self._needed,
            ),
        )
        process.start()
        theirs.close()
        return Worker(number, process, ours)

    @property
    def idle(self) -> list[Worker]:
        """Those that wait for a check."""
        return [one for one in self._all if one.task is None]

    @property
    def busy(self) -> list[Worker]:
        """Those that run one."""
        return [one for one in self._all if one.task is not None]

    def start(self, one: Worker, check: Check, setup: RunSpec, task: object) -> None:
        """Hand a check of a submission to a worker, which keeps the task until it is done."""
        one.task = task
        one.deadline = time.monotonic() + 2 * (self._setup.limits.seconds + _GRACE)  # a failure may be looked at again
        with contextlib.suppress(BrokenPipeError):  # it died: reading tells
            one.pipe.send((check.id, setup))

    def results(self) -> Iterator[tuple[Worker, CheckResult | None]]:
        """Wait for results; None from a worker that died or never came back. Abandoned if nobody waits for them any more."""
        nearest = min(one.deadline for one in self.busy)
        ready = wait([*self._stops, *(one.pipe for one in self.busy)], timeout=max(0.0, nearest - time.monotonic()))
        if any(stop in ready for stop in self._stops):
            raise Abandoned
        for one in self.busy:
            if one.pipe in ready:
                try:
                    yield one, one.pipe.recv()
                except (EOFError, OSError):
                    yield one, None
            elif time.monotonic() > one.deadline:
                yield one, None

    def replace(self, dead: Worker) -> None:
        """Put a new worker in the place of a dead or lost one."""
        dead.process.terminate()
        self._end(dead)
        others = [one.process.pid for one in self._all if one is not dead]
        living = {pid for other in others for pid in (other, *processes.known_descendants(other))}
        _kill(
            set(processes.known_descendants(os.getpid())) - self._before - living
        )  # what it ran would be in the way of what comes
        fresh = self._launch(dead.number)
        told = self._hello(fresh)
        if isinstance(told, GraderError):
            raise told
        dead.process, dead.pipe = fresh.process, fresh.pipe

    def __exit__(self, *_: object) -> None:
        self._end_all()
        _kill(set(processes.known_descendants(os.getpid())) - self._before)

    def _end_all(self) -> None:
        for one in self._all:
            one.pipe.close()
            if one.task is not None:
                one.process.terminate()
        for one in self._all:
            self._end(one)
        self._all = []

    @staticmethod
    def _end(one: Worker) -> None:
        one.pipe.close()
        if one.task is not None:
            one.process.terminate()
        one.process.join(15)
        if one.process.exitcode is None:
            one.process.kill()
            one.process.join()


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
    worker.serve(pipe, codelab, setup, scratch, level, number, needed)


def _kill(pids: set[int]) -> None:
    """What a worker that was killed has left behind."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
