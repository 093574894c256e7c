"""A process that runs checks, one at a time, and has no other children than the program it runs."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from grader.check import Check, CheckResult, Failure, Status
from grader.codelab import Codelab
from grader.errors import CheckFailed, GraderError, Inconclusive, NeedsReview
from grader.network import Network
from grader.room import Room, SecondLook, Setup

_SET_CHILD_SUBREAPER, _SET_PARENT_DEATH_SIGNAL = 36, 1

INCONCLUSIVE = "inconclusive"
"""The mark of a result that should be tried again alone."""


def serve(pipe: Connection, lab: Codelab, setup: Setup, scratch: Path, *, private: bool) -> None:
    """Say hello (None, or why not), then answer each check id with its result until the other end closes."""
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the other end is gone: so are we
        try:
            become_owner_of_orphans()
            _detach()
            network = Network(private=private)
            with network.for_one_check(setup.port):
                network.require_free(setup.port)
        except (GraderError, OSError) as error:
            pipe.send(str(error))
            return
        pipe.send(None)
        while True:
            check = lab.catalogue[pipe.recv()]
            pipe.send(run(check, setup, scratch, network, lab.room))


def become_owner_of_orphans() -> None:
    """Whoever a descendant leaves behind becomes our child, not init's (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _detach() -> None:
    """Ctrl-C is for the grader itself, which then ends its workers; if it dies without, they end too."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, _leave)
    if sys.platform.startswith("linux"):
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _leave(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the clean-up must not be interrupted
    sys.exit(1)


def run(check: Check, setup: Setup, scratch: Path, network: Network, room_type: type[Room]) -> CheckResult:
    """Run one check; whatever goes wrong on our side becomes an `error`."""
    result = CheckResult(check.id, check.title, check.runs, check.points, Status.PASS, needs=check.needs)
    started = time.perf_counter()
    room: Room | None = None
    try:
        home = Path(tempfile.mkdtemp(dir=scratch))
        try:
            with network.for_one_check(setup.port), room_type(setup, check.id, home, network) as room:
                _judge(check, room, result)
        finally:
            shutil.rmtree(home, ignore_errors=True)
        if result.status is Status.FAIL and result.failure and room.second_look:
            result.failure = _looked_at_again(result.failure, room, room.second_look, setup, scratch, network)
            result.summary = result.failure.summary
    except Inconclusive as error:
        result.status, result.summary, result.because = Status.ERROR, str(error), INCONCLUSIVE
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
    return result


def _looked_at_again(
    failure: Failure, room: Room, look: SecondLook, setup: Setup, scratch: Path, network: Network
) -> Failure:
    """The failure with what a second look shows. It is for the explanation alone: if it fails, the first stays as it is."""

    @contextlib.contextmanager
    def open_anew(check_id: str, files: Mapping[str, Path]) -> Iterator[Room]:
        home = Path(tempfile.mkdtemp(dir=scratch))
        try:
            again = replace(setup, files=files)
            with network.for_one_check(setup.port), type(room)(again, check_id, home, network) as another:
                yield another
        finally:
            shutil.rmtree(home, ignore_errors=True)

    try:
        return look(failure, open_anew)
    except Exception:  # noqa: BLE001 - whatever happens in it, the verdict stands already
        return failure


def _judge(check: Check, room: Room, result: CheckResult) -> None:
    try:
        room.open(check.runs)
        check.function(room)
    except CheckFailed as failed:
        result.status, result.failure = Status.FAIL, failed.failure
        result.summary = failed.failure.summary
    except NeedsReview as review:
        result.status, result.failure = Status.REVIEW, review.failure
        result.summary = review.failure.summary
        room.notes.extend(review.notes)
    finally:
        room.transcript.end_here()
