"""The clients under test: each at a terminal of its own, and the host that they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from grader.model.errors import GraderError
from grader.programs.program import Program
from grader.quiescence import threads
from grader.room.copies import Copies
from grader.room.equipment import Equipment
from grader.room.programs import ProgramsUnderTest
from grader.room.settling import Settling
from grader.submission.sources import numbers_like_ports
from grader.wire.framing import Buffer
from grader.wire.host import MockServer
from grader.wire.peer import Peer

if TYPE_CHECKING:
    from grader.programs.terminal import Terminal


class ClientsUnderTest:
    """The student's clients. The host listens on every port that their source may mean, and notes which of them is called."""

    def __init__(
        self,
        equipment: Equipment,
        copies: Copies,
        programs: ProgramsUnderTest,
        settling: Settling,
        buffer: Callable[[], Buffer],
    ) -> None:
        """`buffer` makes the buffer that splits a guest's bytes into messages."""
        self._equipment, self._copies, self._programs, self._settling = equipment, copies, programs, settling
        self._buffer = buffer
        self.host: MockServer | None = None
        self.terminals: list[Terminal] = []

    @property
    def guests(self) -> list[Peer]:
        """Our ends of the connections to the host, in order of arrival."""
        return self.host.guests if self.host else []

    def await_call(self) -> None:
        """Listen on the port that the client should call, and on those that it may call by mistake."""
        equipment, port = self._equipment, self._equipment.setup.port
        equipment.network.require_free(port)
        equipment.watcher.port = port
        other_ports = [number for number in numbers_like_ports(equipment.sources.client_files()) if number != port]
        self.host = MockServer(port, other_ports, equipment.loop, equipment.transcript, self._called, self._buffer)

    def _called(self) -> None:
        """Note which port and address the latest connection was made to."""
        guest, watcher, notes = self.guests[-1], self._equipment.watcher, self._equipment.notes
        port = self._equipment.setup.port
        watcher.port = guest.port
        watcher.ours.add((guest.port, guest.caller))
        if guest.port != port:
            notes.append(f"graded on port {guest.port}, which the client calls instead of {port}")
        if guest.address not in ("127.0.0.1", "::1"):
            notes.append(f"the client calls {guest.address}, which was answered in place of that machine")

    def start(self, label: str, flood_is_about: str = "") -> tuple[Program, Terminal]:
        """Start a client at a terminal, and wait until it first rests. Raises CheckFailed when no client was handed in."""
        from grader.programs.terminal import KINDS  # slow to import: only where clients run

        self._copies.require("client")
        kind = KINDS[self._equipment.setup.terminal]
        terminal = kind(label, self._equipment.loop, self._equipment.transcript, flood_is_about)
        self._settling.patience.starting = True
        self._settling.acted()
        program = self._programs.launch("client", terminal)
        self.terminals.append(terminal)
        self._settling.rest()
        self._settling.patience.starting = False
        return program, terminal

    def wait_for_typing(self, program: Program, terminal: Terminal) -> bool:
        """Whether a thread of a client waits in read() for what is typed at its terminal; false where that is not seen."""
        return threads.reads(program.pids(), terminal.keyboard)

    def require_terminals_that_hang_up(self) -> None:
        """Raises GraderError when clients run at pipes: closing a pipe is no hang-up (SIGHUP)."""
        from grader.programs.terminal import KINDS

        if not KINDS[self._equipment.setup.terminal].hangs_up:
            raise GraderError("cannot be decided with pipes: it needs a pseudo-terminal (--terminal pty)")
