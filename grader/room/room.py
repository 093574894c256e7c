"""What a check is given: the student's programs, running in a network of their own.

To talk to the server there are peers; the clients have a host to call, and terminals to be used at. The room knows when
everything that was sent has been dealt with, and turns what is missing into a failure with evidence. It does not know what
the lines mean; `tasks` adds that.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from grader.diagnosis import cause
from grader.diagnosis.excerpts import excerpts
from grader.diagnosis.own_code import Source
from grader.diagnosis.tracebacks import last_crash
from grader.isolation.network import LAN_ADDRESS
from grader.model.codelab import SecondLook
from grader.model.errors import CheckFailed, GraderError
from grader.model.evidence import Exhibits, Screenshot
from grader.model.limits import reached
from grader.model.setup import Setup
from grader.model.verdict import Event, Failure, Where
from grader.programs.console import Console
from grader.programs.launch import launcher_for
from grader.programs.program import Program, Programs
from grader.quiescence.sockets import Listening, Watcher
from grader.quiescence.waiter import Ending, Patience
from grader.submission.copying import own_copy
from grader.submission.sources import Sources, numbers_like_ports
from grader.system import procfs
from grader.system.processes import LINUX
from grader.text.words import Words
from grader.wire.expect import Expected
from grader.wire.framing import Buffer, LineBuffer
from grader.wire.host import Host
from grader.wire.loop import Loop
from grader.wire.peer import Line, Peer, words_key
from grader.wire.transcript import Transcript

if TYPE_CHECKING:
    from grader.isolation.levels import Surroundings
    from grader.programs.terminal import Terminal

_LONGEST_LINGERING = 90.0  # seconds; the kernel keeps an ended connection for 60
_SPINS = 0.5  # seconds of processor time: noticing that a connection has ended takes a thousandth of it
NEVER_CONNECTS = "connects"
"""The `step` of the failure of a client that calls nobody, whoever is there."""


class Holdings(NamedTuple):
    """What the program and its children hold at one moment."""

    descriptors: int
    threads: int
    sockets: int
    half_closed: int  # connections whose other side is gone, and which they have not closed (CLOSE_WAIT)


class Room:
    """One check's own server, peers and clock. A context manager: nothing outlives it."""

    buffer: Callable[[], Buffer] = LineBuffer  # what a message is to peers and guests
    second_look: SecondLook | None = None

    def __init__(self, setup: Setup, check_id: str, home: Path, isolation: Surroundings) -> None:
        self.setup = setup
        self.sources = Sources(setup)
        self.words = Words(f"{setup.seed}:{check_id}")
        self.transcript = Transcript()
        self.notes: list[str] = []
        self.peers: list[Peer] = []
        self.server: Program
        self.listening: Listening
        self.host: Host
        self.output = ""
        self._home, self._network = home, isolation.network
        self._enforced = isolation.enforced
        # Each in a folder of its own, which is all that its programs see of the home at full isolation.
        homes = {setup.home_of(file): role for role, file in setup.files.items()} | {setup.folder: "submission"}
        self._copies = {
            folder: own_copy(folder, home / name, self._programs_of(folder)) for folder, name in homes.items()
        }
        self._loop = Loop()
        self._watcher = Watcher(isolation.network)
        launcher = launcher_for(isolation.sandbox, isolation.confinement)
        self._programs = Programs(setup.python, home, self._loop, launcher)
        self._patience = Patience(self._programs, self._loop, self._watcher, setup.limits)
        self._started: list[Program] = []
        self._terminals: list[Terminal] = []
        self._screens: tuple[Screenshot, ...] = ()
        self._settled_at = (-1, -1)
        self._actions = 0

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._programs.stop()
            printed = [(program, self._with_own_paths(program.printed)) for program in self._started]
            several = len({program.role for program, _ in printed}) > 1
            self.output = "".join(
                f"[{program.role}]\n{text}\n" if several else text for program, text in printed if text
            )
        finally:
            for peer in (*self.peers, *(self.host.guests if hasattr(self, "host") else ())):
                peer.reset()  # in a network that is shared, this leaves no TIME_WAIT behind
            if hasattr(self, "host"):
                self.host.close()
            self._watcher.close()
            self._loop.close()

    def with_limits_told(self, failure: Failure) -> Failure:
        """The failure, with the limits of this run that a program ran into."""
        usage = self._programs.usage
        with contextlib.suppress(OSError):
            there = os.statvfs(self._home)
            usage.disk = (there.f_blocks - there.f_bfree) * there.f_frsize
            usage.files = there.f_files - there.f_ffree
        hits = [
            f"the {program.role} ran into a limit of this run: {limit}"
            for program in self._started
            for limit in reached(self.setup.limits, usage, program.printed, program.returncode, self._enforced)
        ]
        return replace(failure, observed="; ".join([failure.observed, *dict.fromkeys(hits)]))

    def _with_own_paths(self, text: str) -> str:
        """The text, with the files that were handed in where it has their copies."""
        for folder, copy in self._copies.items():
            shown = self.setup.shown if folder == self.setup.folder else ""
            text = text.replace(str(copy), shown or str(folder))
        return text

    def open(self, runs: str) -> None:
        """Have running what a check of this kind stands on: the student's server, or a host for the student's client."""
        if runs in ("server", "both"):
            try:
                self.start()
            except CheckFailed:
                if not self._port_was_held():
                    raise
                self.start()
        elif runs == "client":
            self.await_client()

    # -- the server ------------------------------------------------------------------------------------------------

    def _port_was_held(self) -> bool:
        """Whether the server failed for what an earlier check has left on a shared network; then wait until that is gone."""
        if not (self._started and self.server.ended() and self._network.lingers(self.setup.port)):
            return False
        self.server.stop()
        ends = time.monotonic() + _LONGEST_LINGERING
        while self._network.lingers(self.setup.port) and time.monotonic() < ends:
            self._loop.pump(0.1)
        return True

    def start(self) -> None:
        """Start the server and wait until it listens; CheckFailed if it never will."""
        self._network.require_free(self.setup.port)
        self._patience.starting = True
        self._patience.sign()
        self.server = self._launch("server")
        found: list[Listening] = []

        def listens() -> bool:
            found[:] = self._watcher.listening(self.server)
            return any(one.port == self.setup.port for one in found)

        # Who listens elsewhere and rests may still open the right port, but nobody knows of a server that does.
        self._patience.rest(listens)
        ending = None if found else self._patience.wait(listens)
        if not found:
            raise CheckFailed(cause.never_listened(self.server, self.setup.port, self.source_of(self.server), ending))
        here = [one for one in found if one.port == self.setup.port]
        self.listening = (here or found)[0]
        self._watcher.port = self.listening.port
        self._patience.starting = False
        if not here:
            self.notes.append(
                f"graded on port {self.listening.port}, where the server listens instead of {self.setup.port}"
            )
        if not self.peers:
            self.transcript.restart_clock()

    def require_usual_port(self) -> None:
        """CheckFailed if the server listens, but on another port; others than this check use the one it has."""
        if self.listening.port != self.setup.port:
            self.fail(
                f"the server listens on port {self.listening.port}, not {self.setup.port}",
                expected=f"python3 {self.server.file.name} listens on port {self.setup.port}",
                observed=f"it listens on port {self.listening.port}; the other checks use that one",
                hint=f"set PORT to {self.setup.port}, which all clients call",
                blocks=False,
            )

    def restart(self, hint: str) -> None:
        """Kill the server as it is, clients connected, and start it again."""
        self.server.stop()
        self._loop.drain()
        try:
            self.start()
        except CheckFailed as failed:
            failure = failed.failure
            raise CheckFailed(replace(failure, summary="the server does not start again", hint=hint)) from failed

    @contextlib.contextmanager
    def server_paused(self) -> Iterator[None]:
        """Stop the server's processes meanwhile: what is done now meets it all at once."""
        self.server.pause()
        try:
            yield
        finally:
            self.server.resume()
            self.acted()

    def holdings(self) -> Holdings:
        """What the server holds now; zeros where that cannot be told."""
        return Holdings(*self._watcher.holdings(self.server, self.listening.port))

    def memory(self) -> int:
        """Bytes of memory that the server and its children hold (resident); 0 where that cannot be told."""
        return sum(procfs.resident(pid) for pid in self.server.pids()) if LINUX else 0

    def more_than_buffers_hold(self) -> int:
        """Bytes that certainly fill the kernel's buffers between the server and one who does not read."""
        return 1_600_000 if self._network.shrink_send_buffers() else 10_000_000

    def ended(self) -> bool:
        """Whether the server's program has ended."""
        return self.server.ended()

    # -- clients ---------------------------------------------------------------------------------------------------

    def await_client(self) -> None:
        """Listen where the student's client should call, and where it may call by mistake."""
        self._network.require_free(self.setup.port)
        self._watcher.port = self.setup.port
        others = [port for port in numbers_like_ports(self.sources.client_files()) if port != self.setup.port]
        self.host = Host(self.setup.port, others, self._loop, self.transcript, self._called, self.buffer)

    def _called(self) -> None:
        """Somebody called our host: notice where."""
        guest = self.host.guests[-1]
        self._watcher.port = guest.port
        self._watcher.ours.add((guest.port, guest.caller))
        if guest.port != self.setup.port:
            self.notes.append(f"graded on port {guest.port}, which the client calls instead of {self.setup.port}")
        if guest.address not in ("127.0.0.1", "::1"):
            self.notes.append(f"the client calls {guest.address}, which was answered in place of that machine")

    def start_client(self, label: str, flood_is_about: str = "") -> tuple[Program, Terminal]:
        """Start the student's client at a terminal of its own, and wait until it waits for the first time.

        `flood_is_about` is the id of the check whose matter it is when the program prints without an end.
        """
        from grader.programs.terminal import KINDS  # what it stands on takes a while to import: only where clients run

        self._file_of("client")
        terminal = KINDS[self.setup.terminal](label, self._loop, self.transcript, flood_is_about)
        self._patience.starting = True
        self.acted()
        program = self._launch("client", terminal)
        self._terminals.append(terminal)
        self.rest()
        self._patience.starting = False
        return program, terminal

    def require_terminals_that_hang_up(self) -> None:
        """GraderError where clients run at something whose closing is no hang-up: then nothing can be told of it."""
        from grader.programs.terminal import KINDS

        if not KINDS[self.setup.terminal].hangs_up:
            raise GraderError("cannot be decided with pipes: it needs a pseudo-terminal (--terminal pty)")

    def _programs_of(self, folder: Path) -> list[Path]:
        return [file for file in self.setup.files.values() if self.setup.home_of(file) == folder]

    def _file_of(self, role: str) -> Path:
        """The program of this role; CheckFailed if there is none."""
        file = self.setup.files.get(role)
        if file is None:
            raise CheckFailed(cause.not_handed_in(role, self.setup.names.get(role, role)))
        return file

    def _launch(self, role: str, console: Console | None = None) -> Program:
        """Start the program of this role; CheckFailed if there is none."""
        file = self._file_of(role)
        home = self.setup.home_of(file)
        program = self._programs.start(self._copies[home] / file.relative_to(home), role, console)
        self._started.append(program)
        return program

    def is_connected(self, program: Program) -> bool:
        """Whether a program has a connection to the port in question."""
        return self._watcher.is_connected(program)

    # -- peers -----------------------------------------------------------------------------------------------------

    def connect(self, label: str, host: str = "", hint: str = "") -> Peer:
        """A new connection to the server; CheckFailed when it refuses."""
        self.acted()
        refusal: OSError | None = None
        for address in [host] if host else self.listening.addresses():
            where = (address, self.listening.port)
            peer = Peer.calling(label, where, self._loop, self.transcript, self.buffer())
            self._patience.until_connected(peer)
            if peer.connected:
                self.peers.append(peer)
                self._watcher.ours.add((peer.port, self.listening.port))
                return peer
            refusal = peer.refusal
        raise CheckFailed(self._refused(label, host, refusal, hint))

    def _refused(self, label: str, host: str, refusal: OSError | None, hint: str) -> Failure:
        ending = self._patience.wait(self.server.ended)
        failure = Failure(
            f"{label} could not connect to the server",
            f"{label} connects to {host or '127.0.0.1'}, port {self.listening.port}",
            f"the connection failed: {refusal.strerror if refusal and refusal.strerror else refusal}",
            hint,
            blocks=not host or self.server.ended(),  # refused at one address only: the others may serve
        )
        return cause.add_cause(failure, self.server, ending, self.source_of(self.server))

    @property
    def lan_address(self) -> str:
        """An address of this machine other than 127.0.0.1."""
        return LAN_ADDRESS if self._network.private else self._network.lan_address()

    @property
    def port(self) -> int:
        """The port to call: the server's own where it runs, else the usual one."""
        return self.listening.port if hasattr(self, "listening") else self.setup.port

    def source_of(self, program: Program) -> Source:
        """The files of who wrote a program."""
        homes = ((copy, folder) for folder, copy in self._copies.items() if program.file.is_relative_to(copy))
        copy, folder = next(homes)
        return Source(copy, program.file.parent, folder)

    def stall(self, peer: Peer) -> None:
        """Let a peer stop reading for good; what piles up for it is not taken for something on its way."""
        peer.pause()
        peer.set_receive_buffer(4096)
        self._patience.excluded.add(peer.port)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def acted(self) -> None:
        """Something was done: what follows from it is still to come."""
        self._actions += 1
        self._patience.sign()

    def wait(self, until: Callable[[], bool]) -> Ending | None:
        """None as soon as `until()` holds; why it never will, otherwise."""
        return self._patience.wait(until)

    def spins(self, program: Program) -> bool:
        """Whether a program that should rest now, or end, computes on and on."""
        return self._patience.wait(program.ended, busy_time=_SPINS) is Ending.BUSY

    def where_it_is(self, program: Program) -> Where | None:
        """The line in which a program is, that of a thread beside the main thread if there is one. It ends by this."""
        program.dismissed = True
        return cause.where_it_is(program, self.source_of(program))

    def taken_in(self, peer: Peer) -> bool:
        """Whether the program has read every byte that the peer sent so far."""
        self._programs.drain()
        return peer.unsent == 0 and self._watcher.unread(peer) == 0

    def settle(self) -> None:
        """Wait until all that was sent has been dealt with, and what came of it has arrived here."""
        if self._settled_at == (self._actions, self._loop.received):
            return
        if not self.rest() and not self.fence():
            self._patience.wait(lambda: False)
        self._settled_at = (self._actions, self._loop.received)

    def rest(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the program has read what was sent and rests (or `until`); whether that proves that no more will come."""
        return self._patience.rest(until)

    def fence(self) -> bool:
        """Prove by messages that all is dealt with, where rest cannot be proved; False if that is not to be had."""
        return False

    # -- judging ---------------------------------------------------------------------------------------------------

    def expect(self, expectations: Iterable[tuple[Peer, Expected]], hint: str = "", *, unless: str = "") -> None:
        """Every peer gets its line: wait for all of them; CheckFailed for the first that never comes."""
        pending = list(expectations)[::-1]

        def all_there() -> bool:
            while pending and pending[-1][1].among(pending[-1][0]):
                pending.pop()
            return not pending

        ending = self.wait(all_there)
        if ending:
            peer, expected = next((one for one in pending[::-1] if not one[1].among(one[0])), pending[-1])
            near = self._nearest(peer, expected)
            sent = self.transcript.last_sent(words_key(expected.text))
            event, mark, missed = sent, f"never reached {peer.label}", peer.label
            if near:
                event, mark, missed = near.event, "came instead", ""
            elif sent is not None and peer.ended_at is not None and peer.ended_at < sent:
                event, mark, missed = peer.ended_at, f"from here on {peer.label} gets nothing", ""
            self.fail(
                f"{peer.label} never got the line",
                expected=f'{peer.label} gets "{expected.text}"',
                observed=self._instead(peer, expected, near),
                hint=hint,
                ending=ending,
                event=event,
                mark=mark,
                unless=unless,
                missed=missed,
            )

    def expect_once(self, peer: Peer, expected: Expected, hint: str = "", unless: str = "") -> None:
        """The peer has the line exactly once, when all is dealt with."""
        self.expect([(peer, expected)], hint, unless=unless)
        self.settle()
        lines = expected.among(peer)
        if len(lines) != 1:
            self.fail(
                f"{peer.label} got the line {len(lines)} times",
                expected=f'{peer.label} gets "{expected.text}" once',
                observed=f"{peer.label} got it {len(lines)} times",
                hint=hint,
                event=lines[1].event,
                mark="again",
                unless=unless,
            )

    def expect_nothing(
        self, peer: Peer, unwanted: Callable[[str], bool], what: str, hint: str = "", since: int = -1
    ) -> None:
        """The peer has no such line when all is dealt with. `what` ends the sentence `... gets nothing ...`."""
        self.settle()
        for line in peer.lines:
            if line.event > since and unwanted(line.text):
                self.fail(
                    f"{peer.label} got a line that was not for it",
                    expected=f"{peer.label} gets nothing {what}",
                    observed=f'{peer.label} got "{line.text}"',
                    hint=hint,
                    event=line.event,
                    mark="should not have come",
                )

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
        meant: bool = False,
        unless: str = "",
        missed: str = "",
    ) -> NoReturn:
        """Raise CheckFailed with this evidence; with an `ending`, the program itself is asked for the cause."""
        self.evidence_ends()
        failure = Failure(summary, expected, observed, hint, where, event, mark, blocks, meant, unless, missed)
        asked = self._witness()
        raise CheckFailed(cause.add_cause(failure, asked, ending, self.source_of(asked)) if asked else failure)

    def fail_for_no_connection(self, client: Program, otherwise: str) -> NoReturn:
        """Raise CheckFailed for a client that never called our host; `otherwise` is what was done to make it."""
        port = self.setup.port
        failure = Failure(
            "the client never connects", f"the client connects to 127.0.0.1, port {port}", otherwise,
            f"the client must call connect() with HOST '127.0.0.1' and PORT {port}, where the server listens",
            step=NEVER_CONNECTS,
        )  # fmt: skip
        self.evidence_ends()
        if client.ended() and self.setup.terminal == "pipes" and "/dev/tty" in client.printed:
            raise GraderError("cannot be decided with pipes: the client uses /dev/tty, a terminal (--terminal pty)")
        if client.ended():
            raise CheckFailed(cause.ended_early(failure, client, self.source_of(client)))
        ending = self.wait(lambda: bool(self.host.guests))
        raise CheckFailed(cause.add_cause(failure, client, ending, self.source_of(client)))

    def require_no_traceback(self, program: Program, expected: str) -> None:
        """CheckFailed if the program has printed one."""
        self._programs.drain()
        crash = last_crash(program.printed)
        if crash:
            raise CheckFailed(cause.traceback_shown(crash, expected, self.source_of(program)))

    def _witness(self) -> Program | None:
        """The program that may tell the cause: one that has ended or printed a traceback, or else the first."""
        judged = [program for program in self._started if not (program.dismissed or program.stopped)]
        told = (program for program in judged if program.ended() or last_crash(program.printed))
        return next(told, judged[0] if judged else None)

    def evidence_ends(self) -> None:
        """The verdict falls: what is done to the programs from now on, to find the cause or to stop them, is no evidence."""
        self.transcript.end_here()
        self._screens = self._screens or tuple(terminal.screenshot() for terminal in self._terminals)

    def exhibits(self, failure: Failure) -> Exhibits:
        """What a page shows of a failure beside its words; the files are read as they were handed in."""
        stacks = [[Where(frame.file, frame.line) for frame in thread.frames if frame.own] for thread in failure.threads]
        places = next((stack for stack in stacks if failure.where in stack), [failure.where] if failure.where else [])
        return Exhibits(excerpts(places, self.sources.lines_of), failure.threads, self._screens, failure.missed)

    def events(self, failure: Failure | None) -> tuple[Event, ...]:
        """The transcript, marked where the failure says."""
        return self.transcript.events(failure.event, failure.mark) if failure else self.transcript.beginning()

    @staticmethod
    def _instead(peer: Peer, expected: Expected, near: Line | None) -> str:
        """What came in place of a line: the one most like it, or the end of the connection, or nothing."""
        if near:
            return f'{peer.label} got "{near.text}" instead'
        if peer.unfinished and any(word in peer.unfinished for word in expected.text.split()[-1:]):
            return f'{peer.label} got "{peer.unfinished}" without a newline after it'
        if peer.ended:
            return f"the server had {'closed' if peer.ended == 'closed' else 'reset'} {peer.label}'s connection"
        return f"{peer.label} got nothing like it"

    @staticmethod
    def _nearest(peer: Peer, expected: Expected) -> Line | None:
        """The last line that ends in the same words, or is about the same people in other words."""
        fresh = [line for line in reversed(peer.lines) if line.event > expected.since]
        parts = (words_key(expected.text)[-64:],) if expected.keyed else expected.names
        return next((line for line in fresh if parts and all(part in line.text for part in parts)), None)
