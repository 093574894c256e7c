"""One student process and all that it starts: launched, watched, stopped.

The calling process must have no other children and be their subreaper (Linux): then every descendant, whatever sessions
it opened and however often it forked, belongs to the program.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from grader import procfs
from grader.errors import GraderError
from grader.loop import Loop

LINUX = sys.platform.startswith("linux")

_HEAD, _TAIL = 24 << 10, 40 << 10  # bytes of output kept from its beginning and its end


class Output:
    """What a program prints, standard output and error in one stream; the middle of very much is left out."""

    def __init__(self, descriptor: int, loop: Loop) -> None:
        self._descriptor, self._loop = descriptor, loop
        self._head, self._tail, self._total = bytearray(), bytearray(), 0
        os.set_blocking(descriptor, False)
        loop.add(self)

    def fileno(self) -> int:
        """The pipe's descriptor."""
        return self._descriptor

    def on_readable(self) -> None:
        """Take in what was printed."""
        try:
            data = os.read(self._descriptor, 1 << 18)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove(self)
        self._total += len(data)
        self._loop.printed += len(data)
        room = _HEAD - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[max(room, 0) :]
        del self._tail[:-_TAIL]

    def on_writable(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """Read what is left and close the pipe."""
        with contextlib.suppress(OSError):
            for _ in range(100):
                self.on_readable()
        self._loop.remove(self)
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """All of it, or its beginning and end with a line that says how much is left out."""
        left_out = self._total - len(self._head) - len(self._tail)
        gap = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "backslashreplace")


class Program:
    """A running Python program."""

    def __init__(self, file: Path, python: str, home: Path, loop: Loop) -> None:
        """Start `file` as `python3 file` would in its folder, in a session of its own, with nothing on standard input."""
        read_end, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(
                [python, "-X", "faulthandler", "-u", file.name],
                cwd=file.parent,
                env=_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                start_new_session=True,
            )
        except OSError as error:
            os.close(read_end)
            raise GraderError(f"cannot start {python!r}: {error.strerror}") from error
        finally:
            os.close(write_end)
        self.pid = self._process.pid
        self.file = file
        self.returncode: int | None = None  # negative: the signal that ended it
        self._loop = loop
        self._output = Output(read_end, loop)
        self._printed: str | None = None
        self._stopped = False

    # -- watching --------------------------------------------------------------------------------------------------

    def pids(self) -> list[int]:
        """All living processes of the program."""
        if self._stopped:
            return []
        self._reap()
        if LINUX:
            return procfs.descendants(os.getpid())
        return _descendants_elsewhere()

    @property
    def printed(self) -> str:
        """What it has printed of its own accord."""
        return self._output.text if self._printed is None else self._printed

    def ended(self) -> bool:
        """Whether the program itself has ended, whatever it left behind."""
        self._reap()
        return self.returncode is not None

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.returncode = self._process.returncode = os.waitstatus_to_exitcode(status)

    # -- acting ----------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Stop every process of it (SIGSTOP) and wait until they have stopped: what comes meanwhile piles up."""
        self._signal(signal.SIGSTOP)
        if LINUX:
            _wait_for(lambda: all(_stopped(pid) for pid in self.pids()), self._loop)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def dump_stacks(self) -> str:
        """Make it print where each thread is, which ends it; return the dump, which is no part of `printed`."""
        if self.ended():
            return ""
        self._loop.drain()
        printed = self._output.text
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGABRT)
        _wait_for(self.ended, self._loop, limit=10.0)
        self._loop.drain()
        _, found, dump = self._output.text.rpartition("Fatal Python error: Aborted")
        self._printed = printed
        return found + dump if found else ""

    def stop(self) -> None:
        """Kill it and everything it started (SIGKILL), and wait until all are gone. Harmless when called twice."""
        if self._stopped:
            return
        deadline = time.monotonic() + 30
        while pids := self.pids():
            # Whoever is stopped cannot fork while we kill the others.
            for deadly in (signal.SIGSTOP, signal.SIGKILL) if len(pids) > 1 else (signal.SIGKILL,):
                for pid in self.pids():
                    with contextlib.suppress(OSError):
                        os.kill(pid, deadly)
            _wait_for(lambda: not self.pids(), self._loop, limit=1.0)
            if time.monotonic() > deadline:
                raise GraderError(f"processes of {self.file.name} could not be stopped: {pids}")
        self._loop.drain()
        self._output.close()
        self._stopped = True

    def _signal(self, number: int) -> None:
        for pid in self.pids():
            with contextlib.suppress(OSError):
                os.kill(pid, number)


def _wait_for(condition: Callable[[], bool], loop: Loop, limit: float = 30.0) -> None:
    """Until the kernel has done what was asked of it; that takes microseconds, `limit` seconds only if it never does."""
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


def _environment(home: Path) -> dict[str, str]:
    """Small and the same everywhere: UTF-8, nothing of the grader's own."""
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


def _descendants_elsewhere() -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process().children(recursive=True)]
