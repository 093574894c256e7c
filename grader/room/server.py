"""The server under test: started, found where it listens, paused, stopped, measured."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import NamedTuple

from grader.diagnosis import cause
from grader.model.errors import CheckFailed, GraderError
from grader.programs.program import Program
from grader.quiescence.sockets import Listening
from grader.room.copies import Copies
from grader.room.equipment import Equipment
from grader.room.programs import ProgramsUnderTest
from grader.room.settling import Settling
from grader.system import procfs
from grader.system.processes import LINUX

_LONGEST_LINGERING = 90.0  # seconds; the kernel keeps an ended connection for 60


class ResourceSnapshot(NamedTuple):
    """Resources that a program and its children hold at one moment."""

    descriptors: int
    threads: int
    sockets: int
    half_closed: int  # connections closed by the other side but not by the program (CLOSE_WAIT)


class ServerUnderTest:
    """The student's server. It has started when it listens on any port; checks then use that port."""

    def __init__(self, equipment: Equipment, copies: Copies, programs: ProgramsUnderTest, settling: Settling) -> None:
        self._equipment, self._copies, self._programs, self._settling = equipment, copies, programs, settling
        self.program: Program | None = None  # the latest start
        self.listening: Listening | None = None

    @property
    def running(self) -> Program:
        """The running program. Raises GraderError when none was started."""
        if self.program is None:
            raise GraderError("this check has started no server")
        return self.program

    @property
    def place(self) -> Listening:
        """Address and port on which it listens. Raises GraderError when it never did."""
        if self.listening is None:
            raise GraderError("this check has no server that listens")
        return self.listening

    def start(self) -> None:
        """Start it and wait until it listens. Raises CheckFailed if it never will."""
        setup, watcher, patience = self._equipment.setup, self._equipment.watcher, self._settling.patience
        self._equipment.network.require_free(setup.port)
        patience.starting = True
        patience.sign()
        program = self.program = self._programs.launch("server")
        found: list[Listening] = []

        def listens() -> bool:
            found[:] = watcher.listening(program)
            return any(place.port == setup.port for place in found)

        # A server that listens elsewhere and rests could still open the right port later; no known server does.
        patience.rest(listens)
        ending = None if found else patience.wait(listens)
        if not found:
            raise CheckFailed(cause.never_listened(program, setup.port, self._copies.source_of(program), ending))
        on_port = [place for place in found if place.port == setup.port]
        self.listening = (on_port or found)[0]
        watcher.port = self.listening.port
        patience.starting = False
        if not on_port:
            self._equipment.notes.append(
                f"graded on port {self.listening.port}, where the server listens instead of {setup.port}"
            )

    def port_was_held(self) -> bool:
        """Whether a connection left by an earlier check on a shared network made it fail; then wait until that is gone."""
        network, port = self._equipment.network, self._equipment.setup.port
        if not (self.program and self.program.ended() and network.lingers(port)):
            return False
        self.program.stop()
        deadline = time.monotonic() + _LONGEST_LINGERING
        while network.lingers(port) and time.monotonic() < deadline:
            self._equipment.loop.pump(0.1)
        return True

    def stop(self) -> None:
        """Kill it with clients connected, and read what the connections bring after that."""
        self.running.stop()
        self._equipment.loop.drain()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pause its processes (SIGSTOP) within the block; on resume they see everything sent meanwhile at once."""
        self.running.pause()
        try:
            yield
        finally:
            self.running.resume()
            self._settling.acted()

    def holdings(self) -> ResourceSnapshot:
        """Descriptors, threads and sockets that it holds now; zeros where the system does not show them."""
        return ResourceSnapshot(*self._equipment.watcher.holdings(self.running, self.place.port))

    def memory(self) -> int:
        """Resident memory of it and its children, in bytes; 0 where the system does not show it."""
        return sum(procfs.resident(pid) for pid in self.running.pids()) if LINUX else 0
