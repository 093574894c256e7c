"""Grades one hand-in that came as bytes, in a process of its own that a cluster's worker starts.

`python -m grader.batch.cluster.remote` reads a pickled `Order` from standard input and writes a pickled `WorkerAnswer` to
standard output. It is a process of its own because grading forks and takes over signals, which a worker's threads would not
survive; it ends with the worker that started it.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader import installed
from grader.batch.digests import ORDERS, rules_of
from grader.batch.run import BatchReporter, graded
from grader.model.errors import GraderError
from grader.model.evidence import Evidence
from grader.results.graded import Entry
from grader.run.grading import GradingRequest
from grader.run.runner import run_one
from grader.submission import files, temporary
from grader.submission.copying import counted
from grader.submission.intake import Intake, unread_settings


@dataclass(frozen=True)
class Order:
    """A hand-in with everything that its verdicts depend on."""

    entry: Entry
    content: bytes  # a zip of its files
    verdict_key: str
    request: GradingRequest
    isolation: str
    rules: str  # the sender's digest of rules, to compare versions


@dataclass(frozen=True)
class WorkerAnswer:
    """The report of a hand-in, or its error; `refusal`: the reason why this machine cannot grade at all."""

    key: str
    verdict_key: str = ""
    report: Mapping[str, Any] | None = None
    error: str = ""
    refusal: str = ""
    exhibits: Mapping[str, Evidence] = field(default_factory=dict)
    crashed: bool = False  # the process ended without an answer, because of the machine or the hand-in


def packed(folder: Path) -> bytes:
    """What counts of a folder, as the bytes of a zip."""
    stream = io.BytesIO()
    listing = files.listing(folder)
    programs = [file for file in listing.files if file.suffix == ".py"]
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for place in listing.folders:
            archive.writestr(f"{_name_in(folder, place)}/", b"")
        for content in counted(folder, programs):
            archive.writestr(_name_in(folder, content.file), content.data)
    return stream.getvalue()


def _name_in(folder: Path, path: Path) -> str:
    return os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class _Sent:
    """A hand-in that came as bytes, unpacked while it is graded."""

    entry: Entry
    content: bytes

    @contextlib.contextmanager
    def opened(self) -> Iterator[Intake]:
        """Unpack the archive, which is safe since `packed` made it."""
        with temporary.folder() as folder, zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            archive.extractall(folder)
            intake = Intake(Path(self.entry.key), folder, self.entry.key, unread_settings([folder]))
            with intake.errors_in_own_words():
                yield intake


def carry_out(order: Order) -> WorkerAnswer:
    """Grade the hand-in here; a machine that cannot grade answers with a `refusal`, not an `error`."""
    codelab = installed.load()
    if rules_of(codelab, order.request, order.isolation, ORDERS) != order.rules:
        return WorkerAnswer(order.entry.key, refusal="it has another version of chatgrade")
    request = replace(order.request, interpreter=_interpreter(order.request))
    hand_in = _Sent(order.entry, order.content)
    try:
        grading = graded(codelab, request, hand_in, lambda _: order.verdict_key, BatchReporter())
        result = run_one(codelab, grading, order.isolation, 1)
    except GraderError as error:
        return WorkerAnswer(order.entry.key, refusal=str(error))
    return WorkerAnswer(result.key, result.verdict_key, result.report, result.error, exhibits=result.exhibits)


def in_own_process(data: bytes) -> bytes:
    """Pass a pickled order to a process of its own, and return its pickled answer."""
    order: Order = pickle.loads(data)  # noqa: S301 - from the instructor's machine
    done = subprocess.run(
        [sys.executable, "-m", "grader.batch.cluster.remote"], input=data, capture_output=True, check=False
    )
    if done.returncode:
        last_line = (done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"status {done.returncode}"])[-1]
        return pickle.dumps(
            WorkerAnswer(order.entry.key, error=f"the grader's process ended: {last_line}", crashed=True)
        )
    return done.stdout


def _interpreter(request: GradingRequest) -> str:
    """The requested Python on this machine, else the one that runs this process."""
    return shutil.which(request.python) or str(getattr(sys, "_base_executable", sys.executable))


def main() -> None:
    """Read an order from standard input, and write the answer to standard output."""
    if sys.platform.startswith("linux"):
        from grader.system import syscalls

        parent = os.getppid()
        syscalls.set_parent_death_signal(signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    answer = carry_out(pickle.loads(sys.stdin.buffer.read()))  # noqa: S301 - from the instructor's machine
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    from grader.batch.cluster import remote  # pickle needs the classes of this name, not those of __main__

    remote.main()
