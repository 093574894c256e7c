"""Students' programs with all their processes: started, watched, stopped.

The calling process must have no other children and be a subreaper (Linux): then each of its descendants belongs to one of
the programs, even after it has opened a session of its own or lost its parent.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.model.errors import CheckFailed, GraderError, Inconclusive, NotPermitted
from grader.model.limits import MEGABYTE, Limits, Usage
from grader.model.message import Message
from grader.model.verdict import Failure
from grader.programs.console import Output, Stdio
from grader.programs.launch import PLAIN, Launcher, usual_environment
from grader.system import procfs
from grader.system.processes import LINUX
from grader.wire.loop import Loop

_BETWEEN_LOOKS = 0.1  # seconds between two measurements of memory and output


class Programs:
    """All programs of a check, and every process that they start."""

    def __init__(self, python: str, home: Path, loop: Loop, launcher: Launcher = PLAIN) -> None:
        """`home` is the folder for all their files; `launcher` starts them in their surroundings."""
        self.python, self.home, self.loop, self.launcher = python, home, loop, launcher
        self.usage = Usage()
        self._looked = 0.0
        self.statuses: dict[int, int] = {}  # process id -> exit status of each reaped child; negative: a signal
        self._all: list[Program] = []

    def __iter__(self) -> Iterator[Program]:
        return iter(self._all)

    def start(self, file: Path, role: str = "server", console: Stdio | None = None) -> Program:
        """Run `python3 FILE` in the file's folder, in a session of its own.

        Raises GraderError or NotPermitted when it cannot be started, Inconclusive when the machine gives it no time.
        """
        program = Program(file, role, console or Output(self.loop), self)
        self._all = [*(earlier for earlier in self._all if not earlier.stopped), program]
        return program

    def pids(self, of: Program | None = None) -> list[int]:
        """All living processes, or those of a program."""
        self.reap()
        handles = [program.handle for program in self._all]
        return self.launcher.pids_of(of.handle, handles, self.statuses) if of else self.launcher.pids(handles)

    def reap(self) -> None:
        """Collect the exit statuses of all ended children: waitpid(2)."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.statuses[pid] = os.waitstatus_to_exitcode(status)

    def require_within(self, limits: Limits) -> None:
        """Raise CheckFailed when the programs exceed the limits of memory or output. Measures ten times a second at most."""
        now = time.monotonic()
        if not LINUX or now - self._looked < _BETWEEN_LOOKS:
            return
        self._looked, pids = now, self.pids()
        memory = sum(map(procfs.resident, pids))
        if memory > limits.memory * MEGABYTE:
            memory = sum(
                map(procfs.proportional, pids)
            )  # `resident` counts memory shared after a fork for each process
        self.usage.memory = max(self.usage.memory, memory)
        self.usage.processes = max(self.usage.processes, sum(len(procfs.thread_ids(pid)) for pid in pids))
        if memory > limits.memory * MEGABYTE:
            used = f"{memory // MEGABYTE:,} MB"
            raise CheckFailed(_over("hold more memory than they may", f"{limits.memory:,} MB of memory", used))
        printed = max((program.total_printed for program in self._all), default=0)
        if printed > limits.output * MEGABYTE:
            raise CheckFailed(
                _over("print more than they may", f"{limits.output:,} MB of output", f"{printed // MEGABYTE:,} MB")
            )

    def unread(self) -> bool:
        """Whether a program has unread input."""
        unread = [program.unread() for program in self._all]  # call each: the kernel then delivers pending data
        return any(unread)

    def drain(self) -> None:
        """Read everything that was printed and sent so far."""
        self.unread()
        self.loop.drain()

    def stop(self) -> None:
        """Kill all programs with all their processes, and wait until they are gone."""
        for program in reversed(self._all):
            program.stop()


class Program:
    """A Python program that was started."""

    def __init__(self, file: Path, role: str, console: Stdio, programs: Programs) -> None:
        command = [programs.python, "-X", "faulthandler", file.name]
        environment = {**usual_environment(programs.home), **console.environment}
        launcher = programs.launcher
        try:
            self.handle = launcher.start(command, file.parent, environment, console, programs.home)
        except Inconclusive:
            console.started()
            console.close()
            raise
        except (OSError, subprocess.SubprocessError, GraderError) as error:
            console.started()
            console.close()
            reason = (error.strerror if isinstance(error, OSError) else console.text.strip()) or error
            refused = NotPermitted if launcher.was_forbidden(console.text) else GraderError
            raise refused(f"{launcher.cannot_start(programs.python)}: {reason}") from error
        console.started()
        self.file, self.role, self.pid = file, role, self.handle.pid
        self.dismissed = False  # whether we ended it on purpose, so that its end is no evidence
        self._programs, self._loop, self._console = programs, programs.loop, console
        self._printed: str | None = None
        self.stopped = False

    # -- watching --------------------------------------------------------------------------------------------------

    def pids(self) -> list[int]:
        """All living processes of the program."""
        return [] if self.stopped else self._programs.pids(self)

    @property
    def printed(self) -> str:
        """Its output, without a dump of stacks that we have requested."""
        return self._console.text if self._printed is None else self._printed

    @property
    def total_printed(self) -> int:
        """The number of bytes printed, kept or not."""
        return self._console.total

    def is_stopped(self) -> bool:
        """Whether its main thread is stopped by a signal such as SIGSTOP."""
        return LINUX and not self.ended() and procfs.state(self.pid, self.pid) in "Tt"

    def unread(self) -> bool:
        """Whether it has unread input."""
        return not self.stopped and self._console.unread()

    def ended(self) -> bool:
        """Whether the main process has exited; children may still run."""
        self._programs.reap()
        return self.returncode is not None

    @property
    def returncode(self) -> int | None:
        """Its exit status; negative: the signal that ended it; None while it lives."""
        statuses = self._programs.statuses
        child = self.handle.process
        child.returncode = statuses.get(child.pid)  # Popen cannot find it out any more: the child is reaped
        return self.handle.returncode(statuses)

    # -- acting ----------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop every process of it (SIGSTOP) and wait until they have stopped; data that arrives meanwhile piles up."""
        self._signal(signal.SIGSTOP)
        if LINUX:
            _wait_for(lambda: all(_stopped(pid) for pid in self.pids()), self._loop)

    def resume(self) -> None:
        """Continue every process of it (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the main process (SIGKILL) on purpose, and wait until it is gone."""
        self.dismissed = True
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
        _wait_for(self.ended, self._loop, limit=10.0)

    def dump_stacks(self) -> str:
        """End it with SIGABRT, on which faulthandler prints the stack of each thread; return that dump, or ""."""
        if self.ended() or (LINUX and procfs.ignores(self.pid, signal.SIGABRT)):
            return ""
        self._programs.drain()
        printed = self._console.text
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGABRT)
            os.kill(self.pid, signal.SIGCONT)  # it may have stopped itself
        _wait_for(self.ended, self._loop, limit=10.0)
        self._programs.drain()
        _, headline, dump = self._console.text.rpartition("Fatal Python error: Aborted")
        self._printed = printed
        return headline + dump if headline else ""

    def stop(self) -> None:
        """Kill it with all its processes (SIGKILL), and wait until they are gone. Harmless when called twice.

        Raises GraderError when processes are left after 30 seconds.
        """
        if self.stopped:
            return
        deadline = time.monotonic() + 30
        self.handle.kill()
        _wait_for(self._is_gone, self._loop)
        while pids := self.pids():
            self._kill_all(several=len(pids) > 1)
            if time.monotonic() > deadline:
                raise GraderError(f"processes of {self.file.name} could not be stopped: {pids}")
        self._programs.drain()
        self._console.close()
        self.stopped = self.ended()
        self.handle.close()

    def _is_gone(self) -> bool:
        self.ended()  # collects the exit statuses
        return self.handle.is_gone(self._programs.statuses)

    def _kill_all(self, *, several: bool) -> None:
        """Kill every process of it that is found, and wait a second at most until there is none."""
        # A stopped process cannot fork while we kill the others.
        for number in (signal.SIGSTOP, signal.SIGKILL) if several else (signal.SIGKILL,):
            self._signal(number)
        _wait_for(lambda: not self.pids(), self._loop, limit=1.0)
        if self.pids():  # they fork faster than they can be found
            self._programs.launcher.kill_all()

    def _signal(self, number: int) -> None:
        for pid in self.pids():
            with contextlib.suppress(OSError):
                os.kill(pid, number)


def _over(what: str, limit: str, used: str) -> Failure:
    return Failure(
        f"the programs {what}",
        Message("at most {limit} (the limit of this run)", limit=limit),
        Message("they use {used}", used=used),
        "something grows without an end: look for a loop that collects, copies or prints over and over",
    )


def _wait_for(condition: Callable[[], bool], loop: Loop, limit: float = 30.0) -> None:
    """Serve the loop until the condition holds, for `limit` seconds at most. Usually the kernel needs microseconds."""
    deadline, pause = time.monotonic() + limit, 0.00005
    while not condition() and time.monotonic() < deadline:
        if not loop.pump(pause):
            time.sleep(0 if pause < 0.0002 else pause)
        pause = min(pause * 2, 0.005)


def _stopped(pid: int) -> bool:
    states = []
    for tid in procfs.thread_ids(pid):
        states.append(procfs.state(pid, tid))
    return all(state in "TtZX" for state in states)
