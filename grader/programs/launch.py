"""Starting programs in a sandbox, in a confinement, or plainly.

All differences between the three are here. A launcher starts programs and tells their processes apart; a handle is a
started program.
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
    """A started program. `statuses` are the exit statuses of our reaped children, by process id."""

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Our child process: the program itself, or the sandbox around it."""

    @property
    def pid(self) -> int:
        """The process id of the program itself."""

    def pids(self) -> list[int]:
        """Its living processes: the program and its descendants."""

    def returncode(self, statuses: Mapping[int, int]) -> int | None:
        """The program's exit status; negative: the signal that ended it; None while it lives."""

    def kill(self) -> None:
        """Kill all its processes at once, if its surroundings can do that; else do nothing."""

    def is_gone(self, statuses: Mapping[int, int]) -> bool:
        """Whether `kill` is complete."""

    def close(self) -> None:
        """Release the handle's resources, after the program's end."""


class Launcher(Protocol):
    """Starts the programs of a check. `handles` are those of all programs started so far, in order."""

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in a session of its own, at this console.

        `home` is the folder for all files of the check. Raises OSError, SubprocessError or GraderError when it cannot be
        started, Inconclusive when the machine gives it no time.
        """

    def cannot_start(self, python: str) -> str:
        """The beginning of an error sentence about a program that cannot be started."""

    def was_forbidden(self, printed: str) -> bool:
        """Whether this output, printed in place of the program's, says that starting it is not permitted."""

    def pids(self, handles: Sequence[ProcessHandle]) -> list[int]:
        """All living processes of all programs."""

    def pids_of(
        self, handle: ProcessHandle, handles: Sequence[ProcessHandle], statuses: Mapping[int, int]
    ) -> list[int]:
        """All living processes of a program."""

    def kill_all(self) -> None:
        """Kill even programs that fork faster than their processes can be found, where that is possible."""


class PlainProcess:
    """A program that is our own child. Only their descent tells which processes belong to it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.pid = process, process.pid

    def pids(self) -> list[int]:
        """The program and its descendants. Must not be called after the program is reaped: its id may be reused."""
        return [self.pid, *descendants(self.pid)]

    def returncode(self, statuses: Mapping[int, int]) -> int | None:
        """Its exit status; negative: the signal that ended it; None while it lives."""
        return statuses.get(self.pid)

    def kill(self) -> None:
        """Do nothing: the processes must be found and killed one after another."""

    def is_gone(self, statuses: Mapping[int, int]) -> bool:  # noqa: ARG002 - there is nothing to wait for
        """Always true: `kill` has nothing to do."""
        return True

    def close(self) -> None:
        """Do nothing: the handle has no resources."""


class PlainLauncher:
    """Starts programs without bounds, with the rights of the grader's user."""

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in a session of its own, at this console."""
        del home  # they may use any folder
        return PlainProcess(_start(command, folder, environment, console))

    def cannot_start(self, python: str) -> str:
        """Name the interpreter."""
        return f"cannot start {python!r}"

    def was_forbidden(self, printed: str) -> bool:  # noqa: ARG002 - nothing surrounds the program that could be forbidden
        """Always false: running the interpreter needs no permission."""
        return False

    def pids(self, handles: Sequence[ProcessHandle]) -> list[int]:
        """All our descendants: the calling process has no other children, and orphans are re-parented to it."""
        del handles
        return descendants(os.getpid())

    def pids_of(
        self, handle: ProcessHandle, handles: Sequence[ProcessHandle], statuses: Mapping[int, int]
    ) -> list[int]:
        """The program's living processes. Orphans count as the first program's, because their descent is lost."""
        if handle is not handles[0]:
            return [] if handle.pid in statuses else handle.pids()
        others = {pid for other in handles[1:] for pid in other.pids()}
        return [pid for pid in descendants(os.getpid()) if pid not in others]

    def kill_all(self) -> None:
        """Do nothing: the programs' user also runs the grader and other programs."""


class ConfinedLauncher(PlainLauncher):
    """Starts programs within the bounds of a confinement."""

    def __init__(self, confinement: Confinement) -> None:
        self._confinement = confinement

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in a session of its own, at this console; it may write files in `home` only."""
        bounds = self._confinement
        for end in console.ends():
            if end >= 0 and bounds.user:  # else the program could not open it by a name such as /dev/stdout
                os.fchown(end, bounds.user, -1)
        process = _start(command, folder, environment, console, lambda: bounds.enter(home), bounds.identity)
        return PlainProcess(process)

    def kill_all(self) -> None:
        """Kill all processes of the programs' own user, if they have one."""
        self._confinement.kill_all()


class SandboxLauncher:
    """Starts programs in a sandbox: the processes of each program are those in its namespace."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def start(
        self, command: list[str], folder: Path, environment: Mapping[str, str], console: Stdio, home: Path
    ) -> ProcessHandle:
        """Start a command in namespaces of its own, at this console."""
        del home  # the sandbox knows it
        return self._sandbox.start(command, folder, environment, console.ends(), terminal=console.is_terminal)

    def cannot_start(self, python: str) -> str:
        """Name the sandbox: an interpreter that does not run shows only inside it."""
        del python
        return "the sandbox cannot be started"

    def was_forbidden(self, printed: str) -> bool:
        """Whether bubblewrap says that something was not permitted."""
        return self._sandbox.was_forbidden(printed)

    def pids(self, handles: Sequence[ProcessHandle]) -> list[int]:
        """The processes in all namespaces."""
        return [pid for handle in handles for pid in handle.pids()]

    def pids_of(
        self, handle: ProcessHandle, handles: Sequence[ProcessHandle], statuses: Mapping[int, int]
    ) -> list[int]:
        """The processes in the program's namespace."""
        del handles, statuses
        return handle.pids()

    def kill_all(self) -> None:
        """Do nothing: killing the first process of a namespace has ended all others."""


PLAIN = PlainLauncher()


def launcher_for(sandbox: Sandbox | None, confinement: Confinement | None) -> Launcher:
    """The launcher for the strictest of these surroundings."""
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
    """Start a command in a session of its own; the new process calls `enter` last. Raises OSError, SubprocessError."""
    stdin, stdout = console.ends()
    preparations = [console.in_child] if console.is_terminal else []
    if enter:
        preparations.append(enter)
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stdout,
        start_new_session=True,
        preexec_fn=(lambda: [prepare() for prepare in preparations]) if preparations else None,
        **(identity or {}),
    )


def usual_environment(home: Path) -> dict[str, str]:
    """The environment of every program: small, the same on all machines, UTF-8, without the grader's own variables."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "USER": "student",
        "LOGNAME": "student",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
