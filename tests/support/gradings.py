"""The submissions that a session's tests are about are graded once, by a process beside the tests; each test waits for its own.

That process holds a lock on one byte of a file for each submission until its report is there. So nobody asks again and
again whether it is; and whatever becomes of that process, nobody waits for it in vain.
"""

from __future__ import annotations

import fcntl
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.model.report import Report
from grader.run import signals
from grader.run.pool import processors
from grader.system import syscalls
from support import corpus, verdicts

ORDER = [corpus.REFERENCE, *corpus.NAMES]
"""Whose byte is which."""


class Gradings:
    """The reports that are being made in a folder, as the tests see them, in whichever process they run."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._locks = folder, folder / "locks"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def begun(self) -> bool:
        """Whether this process has started to grade."""
        return self._process is not None

    def begin(self, asked_for: Mapping[str, Sequence[str]]) -> None:
        """Start to grade these, in these checks or in all; on return no test can find a byte free too early."""
        with (self._folder / "complaints").open("wb") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, str(corpus.TESTS), "gradings", str(self._folder), json.dumps(asked_for)],
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        assert self._process.stdout is not None
        self._process.stdout.read(1)

    def report(self, name: str) -> Report:
        """Its report, as soon as it is there."""
        with self._locks.open("rb") as locks:
            fcntl.lockf(locks, fcntl.LOCK_SH, 1, ORDER.index(name))
        file = self._folder / name
        if not file.exists():
            raise AssertionError(f"{name} was not graded: {(self._folder / 'complaints').read_text()[-3000:]}")
        report: Report = pickle.loads(file.read_bytes())
        return report

    def end(self) -> None:
        """Stop what is still being graded."""
        if self._process:
            self._process.terminate()
            self._process.communicate()


def main(folder: Path, asked_for: Mapping[str, Sequence[str]]) -> None:
    """Take the locks, say so, grade; each byte is free as soon as its report is there."""
    corpus.lay_out_in(folder / "corpus")
    signals.end_by(KeyboardInterrupt(), [signal.SIGTERM, signal.SIGINT])
    if sys.platform.startswith("linux"):
        syscalls.set_parent_death_signal(signal.SIGTERM)
    with (folder / "locks").open("wb") as locks:
        for name in asked_for:
            fcntl.lockf(locks, fcntl.LOCK_EX, 1, ORDER.index(name))
        os.write(sys.stdout.fileno(), b".")
        jobs = 2 * processors()  # while some programs wait by timers, others run
        for name, report in verdicts.reports(asked_for, jobs=jobs):
            (folder / name).write_bytes(pickle.dumps(report))
            fcntl.lockf(locks, fcntl.LOCK_UN, 1, ORDER.index(name))


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
