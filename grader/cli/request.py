"""From a command's options to the grading request for a submission or a class."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader import config
from grader.cli.options import OWN_PYTHON, RunOptions, SubmissionOptions
from grader.model.codelab import Codelab
from grader.model.errors import UsageError
from grader.model.settings import Settings
from grader.run.grading import GradingRequest
from grader.submission.intake import Intake, unread_settings


@dataclass(frozen=True)
class Environment:
    """The resolved options of a run: seed, interpreter, kind of terminal."""

    seed: int
    python: str  # as the user named it
    interpreter: str  # its absolute path
    terminal: str
    notes: tuple[str, ...]  # for the report

    def request(
        self, tasks: tuple[str, ...], only: tuple[str, ...], settings: Settings, programs: Mapping[str, Path]
    ) -> GradingRequest:
        """The request for these tasks with these settings; `programs` are those named on the command line, by role."""
        return GradingRequest(
            tasks, only, settings, self.seed, self.python, self.interpreter, self.terminal, self.notes, programs
        )


def environment(options: RunOptions) -> Environment:
    """Resolve options that were left open. Raises UsageError when there is no such Python."""
    seed = random_seed() if options.seed is None else options.seed
    terminal, notes = terminal_kind(options.terminal)
    return Environment(seed, options.python, interpreter_at(options.python), terminal, notes)


def class_request(
    codelab: Codelab, tasks: tuple[str, ...], paths: Sequence[Path], options: RunOptions
) -> GradingRequest:
    """The request for each hand-in of the class. Raises UsageError when an option or a setting is wrong."""
    settings = config.load(options.config or config.find_for_class(paths), codelab)
    return environment(options).request(tasks, (), settings, {})


def submission_request(
    codelab: Codelab, tasks: tuple[str, ...], submission: Intake, options: SubmissionOptions, run_in: Environment
) -> GradingRequest:
    """The request for a submission. Raises UsageError when a setting is wrong."""
    named = [file for file in (options.server, options.client) if file]
    chosen = options.config or config.find(submission.handed_in, *named)
    settings = config.load(chosen, codelab)
    programs = {
        codelab.bonus_role(role) if tasks == (codelab.bonus,) else role: submission.file(file)
        for role, file in (("server", options.server), ("client", options.client))
        if file
    }
    request = run_in.request(tasks, options.only, settings, programs)
    notes = unread_settings((submission.handed_in, *(file.parent for file in named)), chosen)
    return replace(request, notes=(*request.notes, *notes))


def random_seed() -> int:
    """A seed that differs from run to run, in 32 bits."""
    return time.time_ns() % 2**32


def terminal_kind(wanted: str) -> tuple[str, tuple[str, ...]]:
    """The kind of terminal for clients (`pty` or `pipes`), and notes for the report."""
    if wanted != "auto":
        return wanted, ()
    try:
        for end in os.openpty():
            os.close(end)
    except OSError as error:
        return "pipes", (f"clients ran at plain pipes: this machine has no pseudo-terminal to give ({error.strerror})",)
    return "pty", ()


def interpreter_at(python: str) -> str:
    """The absolute path of a Python. Raises UsageError when it is no Python, or too old for students' programs."""
    path = located(python)
    if python != OWN_PYTHON:
        answer = subprocess.run(
            [path, "-c", "import sys; print(sys.version_info >= (3, 8))"], capture_output=True, check=False
        )
        if answer.stdout.strip() != b"True":
            raise UsageError(f"{python}: is not a Python of version 3.8 or newer.")
    return path


def located(python: str) -> str:
    """The absolute path of a file, not yet tried as a Python. Raises UsageError when there is no such file."""
    path = shutil.which(python)
    if not path:
        raise UsageError(f"{python}: there is no such Python to run the student's program with.")
    return str(Path(path).absolute())  # absolute, as programs are started in another folder
