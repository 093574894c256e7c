"""The programs under test, servers and clients alike: started, remembered, searched for the cause of a failure."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path

from grader.diagnosis.tracebacks import last_crash
from grader.model.limits import Limits, reached
from grader.model.message import NUMBER, Message
from grader.model.verdict import Failure
from grader.programs.console import Stdio
from grader.programs.program import Program, Programs
from grader.room.copies import Copies


class ProgramsUnderTest:
    """The student's programs in the order of their start. Only copies are run, and ended programs stay listed."""

    def __init__(self, copies: Copies, programs: Programs) -> None:
        self._copies, self._programs = copies, programs
        self._started: list[Program] = []

    def launch(self, role: str, console: Stdio | None = None) -> Program:
        """Start the program of this role. Raises CheckFailed when none was handed in."""
        program = self._programs.start(self._copies.program(role), role, console)
        self._started.append(program)
        return program

    def witness(self) -> Program | None:
        """The program most likely to show the cause: one that has ended or printed a traceback, or else the first."""
        judged = [program for program in self._started if not (program.dismissed or program.stopped)]
        witnesses = (program for program in judged if program.ended() or last_crash(program.printed))
        return next(witnesses, judged[0] if judged else None)

    def output(self) -> str:
        """Everything that they printed, under a heading for each role where there are several."""
        printed = [(program, self._copies.with_own_paths(program.printed)) for program in self._started]
        several = len({program.role for program, _ in printed}) > 1
        return "".join(f"[{program.role}]\n{text}\n" if several else text for program, text in printed if text)

    def with_limits_told(self, failure: Failure, limits: Limits, home: Path, enforced: Collection[str]) -> Failure:
        """Add the `enforced` limits that a program ran into to the failure; `home` is the folder with all their files."""
        usage = self._programs.usage
        with contextlib.suppress(OSError):
            filesystem = os.statvfs(home)
            usage.disk = (filesystem.f_blocks - filesystem.f_bfree) * filesystem.f_frsize
            usage.files = filesystem.f_files - filesystem.f_ffree
        hits = [
            Message.parted(f"the {program.role} ran into a limit of this run: {limit}", NUMBER)
            for program in self._started
            for limit in reached(limits, usage, program.printed, program.returncode, enforced)
        ]
        for hit in dict.fromkeys(hits):
            failure = failure.and_seen(hit)
        return failure
