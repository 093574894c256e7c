"""A process that runs checks, one at a time, and has no other children than the program it runs."""

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
from grader.model.codelab import CheckRoom, Codelab, PostMortem
from grader.model.errors import CheckFailed, GraderError, Inconclusive, NeedsReview
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Failure, Status
from grader.run import signals
from grader.run.isolation import Isolation
from grader.system import syscalls
from grader.system.processes import become_owner_of_orphans, known_descendants

_LAST_SWEEP = 10.0  # seconds
MakeRoom = Callable[..., contextlib.AbstractContextManager[CheckRoom]]


def serve(
    pipe: Connection, codelab: Codelab, setup: RunSpec, scratch: Path, level: str, number: int, needed: tuple[Path, ...]
) -> None:
    """Say hello, then answer each check id and setup with a result until the other end closes.

    The hello is a sentence, which may be empty, on what the isolation leaves open, or the GraderError that says why not.
    `level` is that of isolation, `number` tells the workers of a run apart; `setup` is what all submissions have in
    common, and they lie in the folders `needed`.
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
    """However this process ends, even in the midst of starting a program: whatever it has started ends, too."""
    try:
        yield
    finally:
        deadline = time.monotonic() + _LAST_SWEEP
        while (left := known_descendants(os.getpid())) and time.monotonic() < deadline:
            for pid in left:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            time.sleep(0.001)


def _detach() -> None:
    """Ctrl-C is for the grader itself, which then ends its workers; if it dies without, they end too."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signals.end_by(SystemExit(1), [signal.SIGTERM])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent(parent: int) -> None:
    """If the grader dies, its workers end too. Entering namespaces makes the kernel forget this, so it comes after."""
    if sys.platform.startswith("linux"):
        syscalls.set_parent_death_signal(signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)


def run(check: Check, setup: RunSpec, scratch: Path, isolation: Isolation, make_room: MakeRoom) -> CheckResult:
    """Run one check; whatever goes wrong on our side becomes an `error`."""
    result = CheckResult(check.id, check.title, check.runs, check.points, Status.PASS, needs=check.needs)
    started = time.perf_counter()
    room: CheckRoom | None = None
    try:
        with _open(make_room, check.id, setup, scratch, isolation) as room:
            _judge(check, room, result)
        if result.status is Status.FAIL and result.failure and room.post_mortem:
            result.failure = _looked_at_again(result.failure, room.post_mortem, make_room, setup, scratch, isolation)
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
        result.transcript = room.events(result.failure)
        result.program_output = room.output
        if result.status is Status.FAIL and result.failure:
            with contextlib.suppress(Exception):  # what is shown beside a verdict must not change it
                result.exhibits = room.exhibits(result.failure)
    return result


@contextlib.contextmanager
def _open(
    make_room: MakeRoom, check_id: str, setup: RunSpec, scratch: Path, isolation: Isolation
) -> Iterator[CheckRoom]:
    """A room for one check, in a network and with a folder of its own."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        with isolation.for_one_check(folder) as home, make_room(setup, check_id, home, isolation) as room:
            yield room
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _looked_at_again(
    failure: Failure, look: PostMortem, make_room: MakeRoom, setup: RunSpec, scratch: Path, isolation: Isolation
) -> Failure:
    """The failure with what a second look shows. It is for the explanation alone: if it fails, the first stays as it is."""
    try:
        return look(failure, lambda one, files: _open(make_room, one, replace(setup, files=files), scratch, isolation))
    except Exception:  # noqa: BLE001 - whatever happens in it, the verdict stands already
        return failure


def _judge(check: Check, room: CheckRoom, result: CheckResult) -> None:
    try:
        room.open(check.runs)
        check.function(room)
    except CheckFailed as failed:
        result.status, result.failure = Status.FAIL, room.with_limits_told(failed.failure)
        result.summary = failed.failure.summary
    except NeedsReview as review:
        result.status, result.failure = Status.REVIEW, review.failure
        result.summary = review.failure.summary
        room.notes.extend(review.notes)
    finally:
        room.evidence_ends()
