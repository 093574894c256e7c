"""Starts programs: in a sandbox, in the lesser bounds of a confinement, or as they are.

What differs between the three is said here and nowhere else. A launcher starts a program and tells its processes from those of
other programs; a handle is one program that was started.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from grader.programs.console import Stdio
from grader.system.processes import descendants

if TYPE_CHECKING:
    from grader.isolation.bubblewrap import Sandbox
    from grader.isolation.confinement import Confinement


class ProcessHandle(Protocol):
    """A program that was started. `statuses` are the exit statuses of our children that were reaped, by process id."""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Our child: the program itself, or the sandbox around it."""

    @property
    def pid(self) -> int:
        """The process id of the program itself."""

    def pids(self) -> list[int]:
        """Its living processes: the program and its descendants."""

    def returncode(self, statuses: Mapping[int, int]) -> int | None:
        """The program's exit status; negative: the signal that ended it; None while it lives."""

    def kill(self) -> None:
        """End all its processes at once, where its surroundings can; elsewhere nothing happens."""

    def is_gone(self, statuses: Mapping[int, int]) -> bool:
        """Whether `kill` has done its work."""

    def close(self) -> None:
        """Release what was held for it, after its end."""


class Launcher(Protocol):
    """Starts the programs of one check. `handles` are those of all programs that were started, the first one first."""

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in a session of its own, at this console.

        `home` is the folder for all files of the check. Raises OSError, SubprocessError or GraderError when it cannot be
        started, Inconclusive when the machine gives it no time.
        """

    def cannot_start(self, python: str) -> str:
        """The beginning of a sentence about a program that cannot be started."""

    def was_forbidden(self, printed: str) -> bool:
        """Whether the machine does not permit it, by what was printed in place of the program."""

    def pids(self, handles: Sequence[ProcessHandle]) -> list[int]:
        """All living processes of all programs."""

    def pids_of(
        self, handle: ProcessHandle, handles: Sequence[ProcessHandle], statuses: Mapping[int, int]
    ) -> list[int]:
        """All living processes of one program."""

    def kill_all(self) -> None:
        """End programs that fork faster than their processes can be found, where that is possible."""


class PlainProcess:
    """A program that is our own child. Nothing holds its processes together but their descent."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.pid = process, process.pid

    def pids(self) -> list[int]:
        """The program and its descendants; that it has not been reaped is for the caller to know."""
        return [self.pid, *descendants(self.pid)]

    def returncode(self, statuses: Mapping[int, int]) -> int | None:
        """Its exit status; negative: the signal that ended it; None while it lives."""
        return statuses.get(self.pid)

    def kill(self) -> None:
        """Nothing: its processes are found and killed one after another."""

    def is_gone(self, statuses: Mapping[int, int]) -> bool:  # noqa: ARG002 - there is nothing to wait for
        """Always true: `kill` has nothing to do."""
        return True

    def close(self) -> None:
        """Nothing is held."""


class PlainLauncher:
    """Starts programs as they are, with the rights of the grader's user."""

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in a session of its own, at this console."""
        del home  # they may use any folder
        return PlainProcess(_start(command, folder, environment, console))

    def cannot_start(self, python: str) -> str:
        """It is the interpreter that cannot be started."""
        return f"cannot start {python!r}"

    def was_forbidden(self, printed: str) -> bool:  # noqa: ARG002 - nothing surrounds the program that could be forbidden
        """Always false: to run the interpreter needs no permission."""
        return False

    def pids(self, handles: Sequence[ProcessHandle]) -> list[int]:
        """All our descendants: the calling process has no other children, and orphans are re-parented to it."""
        del handles
        return descendants(os.getpid())

    def pids_of(
        self, handle: ProcessHandle, handles: Sequence[ProcessHandle], statuses: Mapping[int, int]
    ) -> list[int]:
        """Its living processes. An orphan counts as the first program's, because nothing tells whose it was."""
        if handle is not handles[0]:
            return [] if handle.pid in statuses else handle.pids()
        others = {pid for other in handles[1:] for pid in other.pids()}
        return [pid for pid in descendants(os.getpid()) if pid not in others]

    def kill_all(self) -> None:
        """Nothing: the programs' user is the grader's own, who runs other things."""


class ConfinedLauncher(PlainLauncher):
    """Starts programs within the bounds of a confinement."""

    def __init__(self, confinement: Confinement) -> None:
        self._confinement = confinement

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in a session of its own, at this console; of its files it may write those in `home`."""
        bounds = self._confinement
        for end in console.ends():
            if end >= 0 and bounds.user:  # else the program could not open it by a name such as /dev/stdout
                os.fchown(end, bounds.user, -1)
        process = _start(command, folder, environment, console, lambda: bounds.enter(home), bounds.identity)
        return PlainProcess(process)

    def kill_all(self) -> None:
        """End all that runs as the programs' own user, if they have one."""
        self._confinement.kill_all()


class SandboxLauncher:
    """Starts programs in a sandbox, which holds the processes of each program together."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in namespaces of its own, at this console."""
        del home  # the sandbox knows it
        return self._sandbox.start(command, folder, environment, console.ends(), terminal=console.is_terminal)

    def cannot_start(self, python: str) -> str:
        """It is the sandbox that cannot be started: whether the interpreter runs shows only inside."""
        del python
        return "the sandbox cannot be started"

    def was_forbidden(self, printed: str) -> bool:
        """Whether bubblewrap says so."""
        return self._sandbox.was_forbidden(printed)

    def pids(self, handles: Sequence[ProcessHandle]) -> list[int]:
        """What runs in all the namespaces."""
        return [pid for handle in handles for pid in handle.pids()]

    def pids_of(
        self, handle: ProcessHandle, handles: Sequence[ProcessHandle], statuses: Mapping[int, int]
    ) -> list[int]:
        """What runs in its namespace."""
        del handles, statuses
        return handle.pids()

    def kill_all(self) -> None:
        """Nothing: with the first process of a namespace all others have ended."""


PLAIN = PlainLauncher()


def launcher_for(sandbox: Sandbox | None, confinement: Confinement | None) -> Launcher:
    """The launcher for these surroundings: the strictest that there are."""
    if sandbox:
        return SandboxLauncher(sandbox)
    return ConfinedLauncher(confinement) if confinement else PLAIN


def _start(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    console: Stdio,
    enter: Callable[[], None] | None = None,
    identity: Mapping[str, Any] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; in the new process `enter` comes last. OSError, SubprocessError if it fails."""
    stdin, stdout = console.ends()
    first = [console.in_child] if console.is_terminal else []
    if enter:
        first.append(enter)
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stdout,
        start_new_session=True,
        preexec_fn=(lambda: [act() for act in first]) if first else None,
        **(identity or {}),
    )


def usual_environment(home: Path) -> dict[str, str]:
    """What every program finds in its environment: little, and the same everywhere; UTF-8, nothing of the grader's own."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
