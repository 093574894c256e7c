"""The judge: waits for what must come, and turns what is missing into a failure with evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from grader.diagnosis import cause
from grader.diagnosis.tracebacks import last_crash
from grader.model.errors import CheckFailed, GraderError
from grader.model.message import Message
from grader.model.verdict import Failure, Where
from grader.programs.program import Program, Programs
from grader.quiescence.waiter import Ending
from grader.room.copies import Copies
from grader.room.equipment import Equipment
from grader.room.evidence import EvidenceRecorder
from grader.room.programs import ProgramsUnderTest
from grader.room.settling import Settling
from grader.text.words import Words
from grader.wire.expect import Expected
from grader.wire.peer import Line, Peer, words_key

NEVER_CONNECTS = "connects"
"""The `step` of the failure of a client that calls nobody, whoever is there."""


class Judge:
    """Says that something fails, and what. The evidence ends first; then a program may be asked for the cause, which ends it."""

    def __init__(
        self,
        equipment: Equipment,
        copies: Copies,
        under_test: ProgramsUnderTest,
        programs: Programs,
        settling: Settling,
        evidence: EvidenceRecorder,
        words: Words,
    ) -> None:
        self._setup, self._transcript = equipment.setup, equipment.transcript
        self._copies, self._under_test, self._programs = copies, under_test, programs
        self._settling, self._evidence, self._words = settling, evidence, words

    def expect(
        self,
        expectations: Iterable[tuple[Peer, Expected]],
        hint: str = "",
        *,
        consequence_of: str = "",
        blocked_by: str = "",
        spreads: bool = True,
    ) -> None:
        """Every peer gets its line: wait for all of them. Raises CheckFailed for the first that never comes."""
        pending = list(expectations)[::-1]

        def all_there() -> bool:
            while pending and pending[-1][1].among(pending[-1][0]):
                pending.pop()
            return not pending

        in_doubt = self._setup.patience.doubts(consequence_of, blocked_by)
        ending = self._settling.wait(all_there, in_doubt=in_doubt)
        if ending:
            peer, expected = next((one for one in pending[::-1] if not one[1].among(one[0])), pending[-1])
            self._fail_for_a_missing_line(peer, expected, hint, ending, consequence_of, blocked_by, spreads=spreads)

    def _fail_for_a_missing_line(
        self,
        peer: Peer,
        expected: Expected,
        hint: str,
        ending: Ending,
        consequence_of: str,
        blocked_by: str,
        *,
        spreads: bool,
    ) -> NoReturn:
        near = _nearest(peer, expected)
        sent = self._transcript.last_sent(words_key(expected.text))
        event, mark, recipient = sent, f"never reached {peer.label}", peer.label
        if near:
            event, mark, recipient = near.event, "came instead", ""
        elif sent is not None and peer.ended_at is not None and peer.ended_at < sent:
            event, mark, recipient = peer.ended_at, f"from here on {peer.label} gets nothing", ""
        self.fail(
            Message("{nick} never got the line", nick=peer.label),
            expected=Message('{nick} gets "{line}"', nick=peer.label, line=expected.text),
            observed=self._instead(peer, expected, near),
            hint=hint,
            ending=ending,
            event=event,
            mark=mark,
            consequence_of=consequence_of,
            blocked_by=blocked_by,
            recipient=recipient,
            spreads=spreads,
        )

    def _instead(self, peer: Peer, expected: Expected, near: Line | None) -> Message:
        """What came in place of a line: the one most like it, or the end of the connection, or nothing."""
        if near:
            return Message('{nick} got "{line}" instead', nick=peer.label, line=self._words.form_of(near.text))
        if peer.unfinished and any(word in peer.unfinished for word in expected.text.split()[-1:]):
            return Message('{nick} got "{line}" without a newline after it', nick=peer.label, line=peer.unfinished)
        if peer.ended:
            how = "closed" if peer.ended == "closed" else "reset"
            return Message("the server had {how} {nick}'s connection", how=Message.of(how), nick=peer.label)
        return Message("{nick} got nothing like it", nick=peer.label)

    def expect_once(
        self, peer: Peer, expected: Expected, hint: str = "", consequence_of: str = "", *, spreads: bool = True
    ) -> None:
        """The peer has the line exactly once, when all is dealt with."""
        self.expect([(peer, expected)], hint, consequence_of=consequence_of, spreads=spreads)
        self._settling.settle()
        lines = expected.among(peer)
        if len(lines) != 1:
            self.fail(
                Message("{nick} got the line {count} times", nick=peer.label, count=len(lines)),
                expected=Message('{nick} gets "{line}" once', nick=peer.label, line=expected.text),
                observed=Message("{nick} got it {count} times", nick=peer.label, count=len(lines)),
                hint=hint,
                event=lines[1].event,
                mark="again",
                consequence_of=consequence_of,
                spreads=spreads,
            )

    def expect_nothing(
        self, peer: Peer, unwanted: Callable[[str], bool], what: str, hint: str = "", since: int = -1
    ) -> None:
        """The peer has no such line when all is dealt with. `what` ends the sentence `... gets nothing ...`."""
        self._settling.settle()
        for line in peer.lines:
            if line.event > since and unwanted(line.text):
                self.fail(
                    Message("{nick} got a line that was not for it", nick=peer.label),
                    expected=Message("{nick} gets nothing {what}", nick=peer.label, what=Message.of(what)),
                    observed=Message('{nick} got "{line}"', nick=peer.label, line=line.text),
                    hint=hint,
                    event=line.event,
                    mark="should not have come",
                    spreads=False,
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
        consequence_of: str = "",
        blocked_by: str = "",
        recipient: str = "",
        step: str = "",
        spreads: bool = True,
    ) -> NoReturn:
        """Raise CheckFailed with this evidence; with an `ending`, the program itself is asked for the cause."""
        self._evidence.end()
        failure = Failure(
            summary, expected, observed, hint, where, event, mark, blocks, consequence_of, recipient,
            step=step, blocked_by=blocked_by, spreads=spreads,
        )  # fmt: skip
        asked = self._under_test.witness()
        raise CheckFailed(cause.add_cause(failure, asked, ending, self._copies.source_of(asked)) if asked else failure)

    def fail_for_no_connection(self, client: Program, otherwise: str, guests: Sequence[Peer]) -> NoReturn:
        """Raise CheckFailed for a client that never called our host; `otherwise` is what was done to make it.

        `guests` are the connections to the host, also those that are still to come.
        """
        port = self._setup.port
        failure = Failure(
            "the client never connects",
            Message("the client connects to 127.0.0.1, port {port}", port=port),
            otherwise,
            Message(
                "the client must call connect() with HOST '127.0.0.1' and PORT {port}, where the server listens",
                port=port,
            ),
            step=NEVER_CONNECTS,
        )
        self._evidence.end()
        if client.ended() and self._setup.terminal == "pipes" and "/dev/tty" in client.printed:
            raise GraderError("cannot be decided with pipes: the client uses /dev/tty, a terminal (--terminal pty)")
        if client.ended():
            raise CheckFailed(cause.ended_early(failure, client, self._copies.source_of(client)))
        ending = self._settling.wait(lambda: bool(guests))
        raise CheckFailed(cause.add_cause(failure, client, ending, self._copies.source_of(client)))

    def require_no_traceback(self, program: Program, expected: str) -> None:
        """Raises CheckFailed if the program has printed one."""
        self._programs.drain()
        crash = last_crash(program.printed)
        if crash:
            raise CheckFailed(cause.traceback_shown(crash, expected, self._copies.source_of(program)))


def _nearest(peer: Peer, expected: Expected) -> Line | None:
    """The last line that ends in the same words, or is about the same people in other words."""
    fresh = [line for line in reversed(peer.lines) if line.event > expected.since]
    parts = (words_key(expected.text)[-64:],) if expected.keyed else expected.names
    return next((line for line in fresh if parts and all(part in line.text for part in parts)), None)
