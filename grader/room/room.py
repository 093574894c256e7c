"""The room of one check: the student's programs, running in a network of their own.

To talk to the server there are peers; the clients have a host to call, and terminals to be used at. The room knows when
everything that was sent has been dealt with, and turns what is missing into a failure with evidence. It does not know what
the lines mean; `tasks` adds that.

This is only the interface for checks; each concept behind it has a module of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from grader.diagnosis import cause
from grader.diagnosis.own_code import OwnCode
from grader.isolation.network import LAN_ADDRESS
from grader.model.codelab import PostMortem
from grader.model.errors import CheckFailed
from grader.model.evidence import Evidence
from grader.model.message import Message
from grader.model.setup import RunSpec
from grader.model.verdict import Event, Failure, Where
from grader.programs.launch import launcher_for
from grader.programs.program import Program, Programs
from grader.quiescence.sockets import Listening, Watcher
from grader.quiescence.waiter import Ending, Waiter
from grader.room.clients import ClientsUnderTest
from grader.room.copies import Copies
from grader.room.equipment import Equipment
from grader.room.evidence import EvidenceRecorder
from grader.room.judge import NEVER_CONNECTS, Judge
from grader.room.peers import Peers
from grader.room.programs import ProgramsUnderTest
from grader.room.server import ResourceSnapshot, ServerUnderTest
from grader.room.settling import Settling
from grader.submission.sources import Sources
from grader.text.words import Words
from grader.wire.expect import Expected
from grader.wire.framing import Buffer, LineBuffer
from grader.wire.host import MockServer
from grader.wire.loop import Loop
from grader.wire.peer import Peer
from grader.wire.transcript import Transcript

if TYPE_CHECKING:
    from grader.isolation.levels import Surroundings
    from grader.programs.terminal import Terminal

__all__ = ["NEVER_CONNECTS", "ResourceSnapshot", "Room"]


class Room:
    """One check's own server, clients, peers and clock. A context manager: nothing outlives it."""

    buffer: Callable[[], Buffer] = LineBuffer  # splits the bytes of peers and guests into messages
    post_mortem: PostMortem | None = None
    about_pace = ""

    def __init__(self, setup: RunSpec, check_id: str, home: Path, isolation: Surroundings) -> None:
        self.setup = setup
        self.sources = Sources(setup)
        self.words = Words(f"{setup.seed}:{check_id}")
        self.transcript = Transcript()
        self.notes: list[str] = []
        self.testimony: dict[str, tuple[Failure, tuple[str, ...]]] = {}
        self.output = ""  # all that the programs printed, once the room is closed
        self._home, self._network, self._enforced = home, isolation.network, isolation.enforced
        self._copies = copies = Copies(setup, home)
        loop = Loop()
        loop.concerns = self.words.concern
        watcher = Watcher(isolation.network)
        launcher = launcher_for(isolation.sandbox, isolation.confinement)
        self._programs = Programs(setup.python, home, loop, launcher)
        patience = Waiter(self._programs, loop, watcher, setup.limits, setup.patience)
        self._equipment = equipment = Equipment(
            setup, isolation.network, loop, watcher, self.sources, self.transcript, self.notes
        )
        self._under_test = ProgramsUnderTest(copies, self._programs)
        self._settling = Settling(patience, self._programs, loop, watcher, self.fence)
        self._server = ServerUnderTest(equipment, copies, self._under_test, self._settling)
        self._clients = ClientsUnderTest(equipment, copies, self._under_test, self._settling, self.buffer)
        self._peers = Peers(equipment, copies, self._server, self._settling, self.buffer)
        self._evidence = EvidenceRecorder(equipment, self._clients.terminals)
        self._judge = Judge(
            equipment, copies, self._under_test, self._programs, self._settling, self._evidence, self.words
        )

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._programs.stop()
            self.output = self._under_test.output()
        finally:
            for peer in (*self._peers.all, *self._clients.guests):
                peer.reset()  # in a network that is shared, this leaves no TIME_WAIT behind
            if self.host:
                self.host.close()
            self._equipment.close()

    def open(self, runs: str) -> None:
        """Start what a check of this kind needs: the student's server, or a host for the student's client."""
        if runs in ("server", "both"):
            try:
                self.start()
            except CheckFailed:
                if not self._server.port_was_held():
                    raise
                self.start()
        elif runs == "client":
            self._settling.wait_however_it_sleeps()
            self.await_client()

    @property
    def port(self) -> int:
        """The port to call: the server's own where it runs, else the usual one."""
        return self.listening.port if self.listening else self.setup.port

    def source_of(self, program: Program) -> OwnCode:
        """The source files that belong to this program."""
        return self._copies.source_of(program)

    # -- the server ------------------------------------------------------------------------------------------------

    @property
    def server(self) -> Program:
        """The server's program. Raises GraderError when this check has started none."""
        return self._server.running

    @property
    def listening(self) -> Listening | None:
        """Address and port on which the server listens; None when it never did."""
        return self._server.listening

    def start(self) -> None:
        """Start the server and wait until it listens. Raises CheckFailed if it never will."""
        self._server.start()
        if not self.peers:
            self.transcript.restart_clock()

    def require_usual_port(self) -> None:
        """Raises CheckFailed if the server listens on another port; only the check of the port asks, all others use that port."""
        port, used = self.setup.port, self._server.place.port
        if used != port:
            self.fail(
                Message("the server listens on port {used}, not {port}", used=used, port=port),
                expected=Message("python3 {name} listens on port {port}", name=self.server.file.name, port=port),
                observed=Message("it listens on port {used}; the other checks use that one", used=used),
                hint=Message("set PORT to {port}, which all clients call", port=port),
                blocks=False,
            )

    def restart(self, hint: str) -> None:
        """Kill the server with clients connected, and start it again. Raises CheckFailed if it is not on its port then."""
        port = self._server.place.port
        self._server.stop()
        try:
            self.start()
        except CheckFailed as failed:
            failure = replace(failed.failure, summary="the server does not start again", hint=hint)
            raise CheckFailed(replace(failure, kind=None, cause=None)) from failed
        now = self._server.place.port
        if now != port:
            self.fail(
                "the server comes back on another port",
                expected=Message("it listens on port {port} again", port=port),
                observed=Message("it listens on port {other}", other=now),
                hint=hint,
            )

    def server_paused(self) -> contextlib.AbstractContextManager[None]:
        """Pause the server (SIGSTOP) within the block; on resume it sees everything sent meanwhile at once."""
        return self._server.paused()

    def holdings(self) -> ResourceSnapshot:
        """Descriptors, threads and sockets that the server holds now; zeros where the system does not show them."""
        return self._server.holdings()

    def memory(self) -> int:
        """Resident memory of the server and its children, in bytes; 0 where the system does not show it."""
        return self._server.memory()

    def shrink_send_buffers(self) -> bool:
        """Have the kernel take less than a long line at once for whoever connects from now on; whether that is possible."""
        return self._network.shrink_send_buffers()

    def more_than_buffers_hold(self) -> int:
        """Number of bytes that surely fills the kernel's buffers between the server and a peer that does not read."""
        return 1_600_000 if self.shrink_send_buffers() else 10_000_000

    def ended(self) -> bool:
        """Whether the server's program has ended."""
        return self.server.ended()

    # -- clients ---------------------------------------------------------------------------------------------------

    @property
    def host(self) -> MockServer | None:
        """Our server, which the student's client calls; None where no client is awaited."""
        return self._clients.host

    def await_client(self) -> None:
        """Listen on the port that the student's client should call, and on those that it may call by mistake."""
        self._clients.await_call()

    def start_client(self, label: str, flood_is_about: str = "") -> tuple[Program, Terminal]:
        """Start the student's client at a terminal of its own, and wait until it first rests.

        `flood_is_about` is the id of the check to blame when the program prints without an end.
        """
        return self._clients.start(label, flood_is_about)

    def require_terminals_that_hang_up(self) -> None:
        """Raises GraderError when clients run at pipes: closing a pipe is no hang-up (SIGHUP)."""
        self._clients.require_terminals_that_hang_up()

    def waits_for_typing(self, program: Program, terminal: Terminal) -> bool:
        """Whether a thread of a program waits in read() for what is typed at this terminal; false where that is not seen."""
        return self._clients.wait_for_typing(program, terminal)

    def is_connected(self, program: Program) -> bool:
        """Whether a program has a connection to the port of this check."""
        return self._equipment.watcher.is_connected(program)

    # -- peers -----------------------------------------------------------------------------------------------------

    @property
    def peers(self) -> list[Peer]:
        """All connections to the server so far."""
        return self._peers.all

    def connect(self, label: str, host: str = "", hint: str = "") -> Peer:
        """Connect to the server. Raises CheckFailed when it refuses."""
        return self._peers.connect(label, host, hint)

    @property
    def lan_address(self) -> str:
        """An address of this machine other than 127.0.0.1."""
        return LAN_ADDRESS if self._network.private else self._network.lan_address()

    def stall(self, peer: Peer) -> None:
        """Stop a peer's reading for good; bytes that pile up for it no longer count as on their way."""
        self._settling.stall(peer)

    def paused_reading(self, peer: Peer) -> contextlib.AbstractContextManager[None]:
        """Stop a peer's reading within the block; bytes that pile up for it meanwhile do not count as on their way."""
        return self._settling.paused_reading(peer)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def acted(self) -> None:
        """Note an action of the grader, so that its effects are waited for."""
        self._settling.acted()

    def wait(self, until: Callable[[], bool], *, in_doubt: bool = False) -> Ending | None:
        """Wait until `until()` holds and return None, or the reason why it never will: `in_doubt`, less is proof."""
        return self._settling.wait(until, in_doubt=in_doubt)

    def spins(self, program: Program) -> bool:
        """Whether a program that should rest now, or end, runs in an endless loop."""
        return self._settling.spins(program)

    def where_it_is(self, program: Program, doing: str = "") -> Where | None:
        """The line that a program is at, preferably not in the main thread, that matches `doing`. This ends the program."""
        program.dismissed = True
        return cause.where_it_is(program, self.source_of(program), doing)

    def taken_in(self, peer: Peer) -> bool:
        """Whether the program has read every byte that the peer sent so far."""
        return self._settling.taken_in(peer)

    def outwait(self) -> None:
        """Do nothing until each wait with a time limit of less than ten seconds that the program is in now has run out."""
        self._settling.outwait()

    def settle(self) -> None:
        """Wait until everything sent has been processed, and its effects have arrived here."""
        self._settling.settle()

    @property
    def asleep(self) -> float:
        """Seconds of waiting so far in which the program slept, or ran in circles."""
        return self._settling.patience.asleep

    @property
    def spent(self) -> tuple[float, bool]:
        """The same, in which waiting for nothing counts twice; and whether it was found in an endless loop."""
        return self._settling.spent

    def is_settled(self) -> bool:
        """Whether `settle` has proved it, and nothing was done or received since."""
        return self._settling.is_settled()

    def rest(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the program has read everything sent and rests (or `until`); return whether nothing more can come."""
        return self._settling.rest(until)

    def fence(self) -> bool:
        """Prove by messages that everything is processed, where rest cannot be proved; False where that is impossible."""
        return False

    # -- judging ---------------------------------------------------------------------------------------------------

    def expect(
        self,
        expectations: Iterable[tuple[Peer, Expected]],
        hint: str = "",
        *,
        consequence_of: str = "",
        blocked_by: str = "",
        spreads: bool = True,
    ) -> None:
        """Wait until every peer has its line. Raises CheckFailed for the first that never comes: see `Failure`."""
        self._judge.expect(expectations, hint, consequence_of=consequence_of, blocked_by=blocked_by, spreads=spreads)

    def expect_once(
        self, peer: Peer, expected: Expected, hint: str = "", consequence_of: str = "", *, spreads: bool = True
    ) -> None:
        """Raises CheckFailed unless the peer has the line exactly once, when everything is processed."""
        self._judge.expect_once(peer, expected, hint, consequence_of, spreads=spreads)

    def expect_nothing(
        self, peer: Peer, unwanted: Callable[[str], bool], what: str, hint: str = "", since: int = -1
    ) -> None:
        """Raises CheckFailed if the peer has an `unwanted` line when everything is processed.

        `what` ends the sentence `... gets nothing ...`.
        """
        self._judge.expect_nothing(peer, unwanted, what, hint, since)

    def fail(
        self,
        summary: str,
        *,
        expected: str,
        observed: str,
        hint: str = "",
        ending: Ending | None = None,
        event: int | None = None,
        mark: str = "",
        where: Where | None = None,
        blocks: bool = True,
        consequence_of: str = "",
        recipient: str = "",
        step: str = "",
    ) -> NoReturn:
        """Raise CheckFailed with this evidence; with an `ending`, the cause is looked for in the program itself."""
        self._judge.fail(
            summary,
            expected=expected,
            observed=observed,
            hint=hint,
            ending=ending,
            event=event,
            mark=mark,
            where=where,
            blocks=blocks,
            consequence_of=consequence_of,
            recipient=recipient,
            step=step,
        )

    def testify(self, check_id: str, failure: Failure, unless: tuple[str, ...] = ()) -> None:
        """Keep a failure by which that check fails unless one of those has failed; of several only the first with the fewest."""
        if check_id not in self.testimony or len(unless) < len(self.testimony[check_id][1]):
            self.testimony[check_id] = self.with_limits_told(failure), unless

    def conclude(self) -> None:
        """Hold all that happened against the rules; see `CheckRoom`."""

    def fail_for_no_connection(self, client: Program, otherwise: str) -> NoReturn:
        """Raise CheckFailed for a client that never called our host; `otherwise` says what was done to make it call."""
        self._judge.fail_for_no_connection(client, otherwise, self._clients.guests)

    def require_no_traceback(self, program: Program, expected: str) -> None:
        """Raises CheckFailed if the program has printed a traceback."""
        self._judge.require_no_traceback(program, expected)

    # -- evidence --------------------------------------------------------------------------------------------------

    def evidence_ends(self) -> None:
        """Stop recording, as the verdict is reached: what is done to the programs from now on is no evidence."""
        self._evidence.end()

    def with_limits_told(self, failure: Failure) -> Failure:
        """Add the limits of this run that a program ran into to the failure."""
        return self._under_test.with_limits_told(failure, self.setup.limits, self._home, self._enforced)

    def exhibits(self, failure: Failure) -> Evidence:
        """Excerpts, threads and screens for a failure's page; files are read as they were handed in."""
        return self._evidence.exhibits(failure)

    def events(self, failure: Failure | None) -> tuple[Event, ...]:
        """The transcript, with the failure's mark on its event."""
        return self._evidence.events(failure)
