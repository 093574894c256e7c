"""A worker: a process that runs checks, one at a time, and whose only children are the programs of its check."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from grader.model.catalogue import Check
from grader.model.codelab import CheckRoom, Codelab
from grader.model.errors import CheckFailed, GraderError, Inconclusive, NeedsReview, OutOfPatience
from grader.model.evidence import Evidence
from grader.model.patience import SLEEPS
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Failure, Sighting, Status
from grader.run import signals
from grader.run.isolation import Isolation
from grader.system import syscalls
from grader.system.processes import become_owner_of_orphans, known_descendants

_LAST_SWEEP = 10.0  # seconds
MakeRoom = Callable[..., contextlib.AbstractContextManager[CheckRoom]]


def serve(
    pipe: Connection, codelab: Codelab, setup: RunSpec, scratch: Path, level: str, number: int, needed: tuple[Path, ...]
) -> None:
    """Enter isolation, send a greeting, then answer each (check id, setup) with a CheckResult until the other end closes.

    The greeting is a sentence, possibly empty, about what the isolation leaves unprotected; or the GraderError that
    prevented it, after which the worker ends. `level` is the level of isolation, `number` is different for each worker of a
    run. `setup` has what all submissions have in common; they lie in the folders `needed`.
    """
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError), _leaving_nothing():
        try:
            parent = os.getppid()
            become_owner_of_orphans()
            _detach()
            isolation = Isolation(level, setup, scratch, needed, number)
            _end_with_parent(parent)
        except (GraderError, OSError) as error:
            pipe.send(error if isinstance(error, GraderError) else GraderError(str(error)))
            return
        pipe.send(isolation.leaves_open)
        while True:
            check_id, setup = pipe.recv()
            pipe.send(run(codelab.catalogue[check_id], setup, scratch, isolation, codelab.room))


@contextlib.contextmanager
def _leaving_nothing() -> Iterator[None]:
    """Kill all descendants at the end of the block, even if it is interrupted while it starts a program."""
    try:
        yield
    finally:
        deadline = time.monotonic() + _LAST_SWEEP
        while (pids := known_descendants(os.getpid())) and time.monotonic() < deadline:
            for pid in pids:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.001)


def _detach() -> None:
    """Leave the terminal's session, so that Ctrl-C reaches only the grader, which then ends its workers by SIGTERM."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signals.end_by(SystemExit(1), [signal.SIGTERM])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent(parent: int) -> None:
    """End this worker when the grader dies. Entering namespaces resets that (prctl(2)), so it must come afterwards."""
    if sys.platform.startswith("linux"):
        syscalls.set_parent_death_signal(signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)


def run(check: Check, setup: RunSpec, scratch: Path, isolation: Isolation, make_room: MakeRoom) -> CheckResult:
    """Run a check. Every fault of ours becomes a result with status ERROR."""
    result = CheckResult(check.id, check.title, check.runs, check.points, Status.PASS, needs=check.needs)
    started = time.perf_counter()
    room: CheckRoom | None = None
    try:
        with _open(make_room, check.id, setup, scratch, isolation) as room:
            _judge(check, room, result)
        if result.status is Status.FAIL and result.failure:
            result.failure = _explained(result.failure, room, make_room, setup, scratch, isolation)
            result.summary = result.failure.summary
    except Inconclusive as error:
        result.status, result.summary, result.inconclusive = Status.ERROR, str(error), True
    except GraderError as error:
        result.status, result.summary = Status.ERROR, str(error)
    except Exception as error:  # noqa: BLE001 - a fault of ours must never become a verdict on the student
        trace = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(trace.filename).name}:{trace.lineno}"
        result.status, result.summary = Status.ERROR, f"the grader failed: {type(error).__name__}: {error} ({place})"
    result.seconds = round(time.perf_counter() - started, 6)
    if room:
        result.notes = tuple(room.notes)
        result.asleep, result.spins = room.spent
        if result.status in (Status.PASS, Status.FAIL):
            result.testimony = tuple(
                _sighting(room, check_id, failure, unless) for check_id, (failure, unless) in room.testimony.items()
            )
        result.transcript = room.events(result.failure)
        result.program_output = room.output
        if result.status is Status.FAIL and result.failure:
            result.exhibits = _exhibits(room, result.failure)
    return result


def _sighting(room: CheckRoom, check_id: str, failure: Failure, unless: tuple[str, ...]) -> Sighting:
    return Sighting(check_id, failure, unless, room.events(failure), room.output, _exhibits(room, failure))


def _exhibits(room: CheckRoom, failure: Failure) -> Evidence:
    """The evidence for a failure's page; none if that fails: it must not change a verdict."""
    try:
        return room.exhibits(failure)
    except Exception:  # noqa: BLE001 - the verdict stands already
        return Evidence()


@contextlib.contextmanager
def _open(
    make_room: MakeRoom, check_id: str, setup: RunSpec, scratch: Path, isolation: Isolation
) -> Iterator[CheckRoom]:
    """Open a room for a check, with a network and a folder of its own."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        with isolation.for_one_check(folder) as home, make_room(setup, check_id, home, isolation) as room:
            yield room
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _explained(
    failure: Failure, room: CheckRoom, make_room: MakeRoom, setup: RunSpec, scratch: Path, isolation: Isolation
) -> Failure:
    """The failure as the room's post-mortem explains it; unchanged without one, or if it fails, or if another check tells why."""
    if room.post_mortem is None or setup.patience.doubts(failure.consequence_of, failure.blocked_by):
        return failure
    try:
        return room.post_mortem(
            failure,
            lambda check_id, files: _open(make_room, check_id, replace(setup, files=files), scratch, isolation),
        )
    except Exception:  # noqa: BLE001 - the verdict stands already
        return failure


def _judge(check: Check, room: CheckRoom, result: CheckResult) -> None:
    try:
        room.open(check.runs)
        check.function(room)
        room.conclude()
    except CheckFailed as failed:
        result.status, result.failure = Status.FAIL, room.with_limits_told(failed.failure)
        result.summary = failed.failure.summary
    except NeedsReview as review:
        result.status, result.failure = Status.REVIEW, review.failure
        result.summary = review.failure.summary
        room.notes.extend(review.notes)
    except OutOfPatience as error:
        if check.id == room.about_pace:
            result.status, result.failure = Status.FAIL, SLEEPS
            result.summary = SLEEPS.summary
        else:
            result.status, result.caused_by, result.summary = Status.SKIP, room.about_pace, f"skipped: {error}"
    finally:
        room.evidence_ends()
