"""What a check is given: the student's server running in a network of its own, and peers to talk to it.

The room knows when everything that was sent has been dealt with, and turns what is missing into a failure with evidence.
It does not know what the lines mean; `tasks` adds that.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, NoReturn

from grader import diagnosis
from grader.check import Event, Failure, Where
from grader.errors import CheckFailed
from grader.expect import Expected
from grader.listening import Listening, Watcher
from grader.loop import Loop
from grader.network import LAN_ADDRESS, Network
from grader.patience import Ending, Patience
from grader.peer import Line, Peer, words_key
from grader.program import Program
from grader.stacks import Source
from grader.submission import own_copy
from grader.transcript import Transcript
from grader.words import Words


@dataclass(frozen=True)
class Setup:
    """What is graded and how: the same for every check of a run."""

    server: Path
    folder: Path  # the submission: files under it are the student's own
    python: str
    port: int
    wording: Mapping[str, object]
    seed: int


class Holdings(NamedTuple):
    """What the program and its children hold at one moment."""

    descriptors: int
    threads: int
    sockets: int
    half_closed: int  # connections whose other side is gone, and which they have not closed (CLOSE_WAIT)


class Room:
    """One check's own server, peers and clock. A context manager: nothing outlives it."""

    def __init__(self, setup: Setup, check_id: str, home: Path, network: Network) -> None:
        self.setup = setup
        self.words = Words(f"{setup.seed}:{check_id}")
        self.transcript = Transcript()
        self.notes: list[str] = []
        self.peers: list[Peer] = []
        self.program: Program
        self.listening: Listening
        self.output = ""
        self._home, self._network = home, network
        self._folder = own_copy(setup.folder, home / "submission")
        self._server = self._folder / setup.server.relative_to(setup.folder)
        self._loop = Loop()
        self._watcher = Watcher(network)
        self._patience: Patience
        self._settled_at = (-1, -1)
        self._actions = 0

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if hasattr(self, "program"):
                self.program.stop()
                self.output = self.program.printed.replace(str(self._folder), str(self.setup.folder))
        finally:
            for peer in self.peers:
                peer.reset()  # in a network that is shared, this leaves no TIME_WAIT behind
            self._watcher.close()
            self._loop.close()

    # -- the program -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server and wait until it listens; CheckFailed if it never will."""
        self._network.require_free(self.setup.port)
        self.program = Program(self._server, self.setup.python, self._home, self._loop)
        self._patience = Patience(self.program, self._loop, self._watcher)
        found: list[Listening] = []

        def listens() -> bool:
            found[:] = self._watcher.listening(self.program)
            return any(one.port == self.setup.port for one in found)

        # Who listens elsewhere and rests may still open the right port, but nobody knows of a server that does.
        self._patience.rest(listens)
        ending = None if found else self._patience.wait(listens)
        if not found:
            raise CheckFailed(diagnosis.never_listened(self.program, self.setup.port, self.source, ending))
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
                expected=f"python3 {self.setup.server.name} listens on port {self.setup.port}",
                observed=f"it listens on port {self.listening.port}; the other checks use that one",
                hint=f"set PORT to {self.setup.port}, which all clients call",
                blocks=False,
            )

    def restart(self, hint: str) -> None:
        """Kill the server as it is, clients connected, and start it again."""
        self.program.stop()
        self._loop.drain()
        try:
            self.start()
        except CheckFailed as failed:
            failure = failed.failure
            raise CheckFailed(replace(failure, summary="the server does not start again", hint=hint)) from failed

    @contextlib.contextmanager
    def server_paused(self) -> Iterator[None]:
        """Stop the server's processes meanwhile: what is done now meets it all at once."""
        self.program.pause()
        try:
            yield
        finally:
            self.program.resume()
            self.acted()

    def holdings(self) -> Holdings:
        """What the server holds now; zeros where that cannot be told."""
        return Holdings(*self._watcher.holdings(self.program, self.listening.port))

    def more_than_buffers_hold(self) -> int:
        """Bytes that certainly fill the kernel's buffers between the server and one who does not read."""
        return 1_600_000 if self._network.shrink_send_buffers() else 10_000_000

    def ended(self) -> bool:
        """Whether the server's program has ended."""
        return self.program.ended()

    # -- peers -----------------------------------------------------------------------------------------------------

    def connect(self, label: str, host: str = "", hint: str = "") -> Peer:
        """A new connection to the server; CheckFailed when it refuses."""
        self.acted()
        refusal: OSError | None = None
        for address in [host] if host else self.listening.addresses():
            peer = Peer(label, (address, self.listening.port), self._loop, self.transcript)
            self._patience.until_connected(peer)
            if peer.connected:
                self.peers.append(peer)
                return peer
            refusal = peer.refusal
        raise CheckFailed(self._refused(label, host, refusal, hint))

    def _refused(self, label: str, host: str, refusal: OSError | None, hint: str) -> Failure:
        ending = self._patience.wait(self.program.ended)
        failure = Failure(
            f"{label} could not connect to the server",
            f"{label} connects to {host or '127.0.0.1'}, port {self.listening.port}",
            f"the connection failed: {refusal.strerror if refusal and refusal.strerror else refusal}",
            hint,
            blocks=not host or self.program.ended(),  # refused at one address only: the others may serve
        )
        return diagnosis.add_cause(failure, self.program, ending, self.source)

    @property
    def lan_address(self) -> str:
        """An address of this machine other than 127.0.0.1."""
        return LAN_ADDRESS if self._network.private else self._network.lan_address()

    @property
    def source(self) -> Source:
        """The student's own files."""
        return Source(self._folder, self._server.parent)

    def stall(self, peer: Peer) -> None:
        """Let a peer stop reading for good; what piles up for it is not taken for something on its way."""
        peer.pause()
        peer.set_receive_buffer(4096)
        self._patience.excluded.add(peer.port)

    # -- waiting ---------------------------------------------------------------------------------------------------

    def acted(self) -> None:
        """Something was done: what follows from it is still to come."""
        self._actions += 1
        if hasattr(self, "_patience"):
            self._patience.sign()

    def wait(self, until: Callable[[], bool]) -> Ending | None:
        """None as soon as `until()` holds; why it never will, otherwise."""
        return self._patience.wait(until)

    def taken_in(self, peer: Peer) -> bool:
        """Whether the program has read every byte that the peer sent so far."""
        self._loop.drain()
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
            self.fail(
                f"{peer.label} never got the line",
                expected=f'{peer.label} gets "{expected.text}"',
                observed=self._instead(peer, expected, near),
                hint=hint,
                ending=ending,
                event=near.event if near else sent,
                mark="came instead" if near else f"never reached {peer.label}",
                unless=unless,
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
        unless: str = "",
    ) -> NoReturn:
        """Raise CheckFailed with this evidence; with an `ending`, the program itself is asked for the cause."""
        self.transcript.end_here()  # what is done to the program to find the cause is no evidence
        failure = Failure(summary, expected, observed, hint, where, event, mark, blocks, unless)
        raise CheckFailed(diagnosis.add_cause(failure, self.program, ending, self.source))

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
