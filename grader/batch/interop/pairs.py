"""Runs every client of a class with every server, references included, and stores each result as soon as it is there.

Each program first runs with the reference. A server that serves nothing, or a client that never connects, is not run with
others: that would fail as well. The usual checks explain why a program fails with the reference.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from grader.batch.digests import PAIRS, rules_of
from grader.batch.grade import class_seed, matching
from grader.batch.intake.layouts import class_in
from grader.batch.interop.players import Participant, Participants
from grader.batch.store import Store
from grader.model.catalogue import Catalogue, Task
from grader.model.codelab import Codelab, Pairing
from grader.model.errors import GraderError, UsageError
from grader.model.verdict import Status
from grader.results.blame import REFERENCE, Pair
from grader.results.matrix import Interop, Matrix, Met, Trouble
from grader.room.room import NEVER_CONNECTS
from grader.run.grading import GradingRequest
from grader.run.pool import Workers
from grader.run.runner import Grading, Step, run_all, workers_for
from grader.submission import temporary


@dataclass(frozen=True)
class InteropRequest:
    """The request to run a class's programs with each other."""

    paths: Sequence[Path]
    out: Path
    layout: str
    only: tuple[str, ...]  # keys, or patterns of keys, to run with each other; empty: all
    again: bool
    isolation: str
    jobs: int
    keeps_seed: bool = True  # use the class's seed from its first run


class InteropListener:
    """Base of listeners to a run; each method does nothing."""

    def begins(self, pairs: int) -> None:
        """Called once, with the number of pairs to run."""

    def ends(self, pairing: Pairing, pair: Pair, met: Met) -> None:
        """Called with each result, once it is stored."""

    def drops(self, pairs: int) -> None:
        """Called with the number of pairs whose result is already implied."""

    def expects(self, seconds: float) -> None:
        """Called after the references' pairs, with the seconds that the rest may take."""


def meet(codelab: Codelab, request: GradingRequest, asked: InteropRequest, reporter: InteropListener) -> Interop:
    """Run the new and changed pairs, and return all results. Raises UsageError or GraderError if it cannot begin."""
    _require_our_words(codelab, request)
    codelab = _with_pairings(codelab)
    with Store(asked.out, create=True) as store, temporary.folder() as scratch:
        request = replace(request, seed=class_seed(store, request, keep=asked.keeps_seed))
        intake = class_in(asked.paths, scratch, asked.layout, request.settings.files.values())
        hand_ins = [one for one in intake.entries if one.path.resolve() != asked.out.resolve()]
        chosen = matching([one.entry.key for one in hand_ins], asked.only)
        players = Participants(codelab, request, rules_of(codelab, request, asked.isolation, PAIRS), scratch)
        crowd = [player for one in hand_ins if (player := players.take_in(one))]
        meetings = [
            _Meetings(codelab, request, pairing, crowd, players.reference(pairing), chosen, store, reporter)
            for pairing in codelab.pairings
        ]
        reporter.begins(sum(one.begin(again=asked.again) for one in meetings))
        notes = list(players.notes)
        if any(one.pending for one in meetings):
            common = request.setup(players.folder, {})
            with workers_for(codelab, common, asked.isolation, asked.jobs, (players.folder,)) as workers:
                _run(meetings, workers, reporter)
                notes += workers.notes
        matrices = [matrix for one in meetings if (matrix := one.matrix()).students]
        return Interop(
            tuple(matrices),
            {one.entry.key: one.entry.people for one in hand_ins},
            intake.layout,
            (*intake.notes, *notes, *_left_out(crowd, matrices)),
            sum(one.run for one in meetings),
            sum(one.known for one in meetings),
            tuple(dict.fromkeys(chain.from_iterable(one.errors() for one in meetings))),
        )


def _require_our_words(codelab: Codelab, request: GradingRequest) -> None:
    """Raises UsageError when a course's wording differs from the references' own: they could not judge any program."""
    for key, own_text in codelab.wording.items():
        allowed = request.settings.wording[key]
        if own_text and own_text not in (allowed, *(allowed if isinstance(allowed, list) else ())):
            raise UsageError(
                f"The references of interop speak the codelab's own words, and [wording] {key} does not allow {own_text!r}; "
                "a list of texts may hold it beside the course's own."
            )


def _with_pairings(codelab: Codelab) -> Codelab:
    """The codelab, with each pairing added to its catalogue as a task of one check."""
    tasks = (Task(pairing.check.task, pairing.title, (pairing.check,)) for pairing in codelab.pairings)
    return replace(codelab, catalogue=Catalogue([*codelab.catalogue.tasks, *tasks]))


def _left_out(crowd: Iterable[Participant], matrices: Iterable[Matrix]) -> Iterator[str]:
    shown = set[str]().union(*(matrix.students for matrix in matrices))
    if count := sum(participant.key not in shown for participant in crowd):
        yield f"nothing is known yet of {count} hand-in{'s' * (count != 1)} that --only leaves out"


def _run(meetings: Sequence[_Meetings], workers: Workers, reporter: InteropListener) -> None:
    """Run all pairs with a reference first, then the others whose result is not implied by these."""
    started = time.monotonic()
    for meeting in meetings:
        meeting.meet_references(workers)
    done = sum(meeting.run for meeting in meetings)
    pending = sum(len(meeting.pending) for meeting in meetings)
    if done:
        reporter.expects((time.monotonic() - started) / done * pending)
    for meeting in meetings:
        meeting.meet_others(workers)


class _Meetings:
    """All pairs of one pairing: their results, and those still to be run."""

    def __init__(
        self,
        codelab: Codelab,
        request: GradingRequest,
        pairing: Pairing,
        players: Iterable[Participant],
        reference: Participant,
        chosen: Collection[str],
        store: Store,
        reporter: InteropListener,
    ) -> None:
        self._lab, self._request, self._pairing, self._store, self._listener = (
            codelab,
            request,
            pairing,
            store,
            reporter,
        )
        roles = {pairing.client, pairing.server}
        takers = {participant.key: participant for participant in players if roles & set(participant.programs)}
        self._chosen = takers.keys() & chosen
        self._all = {REFERENCE: reference, **takers}
        self._clients = tuple(key for key, participant in self._all.items() if pairing.client in participant.programs)
        self._servers = tuple(key for key, participant in self._all.items() if pairing.server in participant.programs)
        self._met: dict[Pair, Met] = {}
        self.pending: dict[Pair, None] = {}
        self.run = self.known = 0

    def begin(self, *, again: bool) -> int:
        """Load stored results; return how many pairs are to be run."""
        take_part = {REFERENCE, *self._chosen} if self._chosen else set()
        stored = self._store.pairs(self._pairing.check.id)
        for pair in self._pairs():
            asked_for = take_part.issuperset(pair)
            made_of, met = stored.get(pair, ("", {}))
            if made_of == self._made_of(pair) and not (asked_for and again):
                self._met[pair] = Met.from_dict(met)
                self.known += asked_for
            elif asked_for:
                self.pending[pair] = None
        self._drop_what_is_certain()
        return len(self.pending)

    def _made_of(self, pair: Pair) -> str:
        digests = f"{self._all[pair.client].digest} {self._all[pair.server].digest}"
        return hashlib.sha256(digests.encode()).hexdigest()

    def meet_references(self, workers: Workers) -> None:
        """Run the references with each other, then with all others. Raises GraderError if the references fail."""
        references = Pair(REFERENCE, REFERENCE)
        self._meet([references] if references in self.pending else [], workers)
        met = self._met.get(references)
        if met and met.passed != len(self._pairing.stages):
            error = met.error or (met.trouble.observed if met.trouble else "")
            raise GraderError(f"not even our own client and server get along on this machine: {error}")
        self._meet([pair for pair in self.pending if REFERENCE in pair], workers)
        self._listener.drops(self._drop_what_is_certain())

    def meet_others(self, workers: Workers) -> None:
        """Run the students' programs with each other."""
        self._meet(list(self.pending), workers)

    def _drop_what_is_certain(self) -> int:
        """Drop pairs whose result is already implied; return how many."""
        certain = [pair for pair in self.pending if self._concluded(pair)]
        for pair in certain:
            del self.pending[pair]
        return len(certain)

    def _concluded(self, pair: Pair) -> Met | None:
        """The implied result of a pair in which one program fails with every other; None without such a program."""
        alone = (self._met.get(Pair(REFERENCE, pair.server)), self._met.get(Pair(pair.client, REFERENCE)))
        found = next((met for met in alone if met and met.hopeless and REFERENCE not in pair), None)
        return replace(found, run=False) if found else None

    def _meet(self, pairs: Iterable[Pair], workers: Workers) -> None:
        for pair, met in run_all(self._lab, (self._meeting(pair) for pair in pairs), workers):
            self._met[pair] = met
            del self.pending[pair]
            self.run += 1
            made_of = "" if met.error else self._made_of(pair)  # errors are run again next time
            self._store.save_pair(self._pairing.check.id, pair, made_of, met.as_dict())
            self._listener.ends(self._pairing, pair, met)

    def _meeting(self, pair: Pair) -> Grading[tuple[Pair, Met]]:
        """Run one pair; if it fails with a reference, the other program's own checks explain why."""
        client, server = self._all[pair.client], self._all[pair.server]
        roles = {self._pairing.client: client, self._pairing.server: server}
        setup = self._request.setup(
            server.folder, {role: participant.programs[role] for role, participant in roles.items()}
        )
        outcome = yield Step(replace(setup, others=(client.folder,)), [self._pairing.check.id])
        met = Met.of(outcome.results[-1], self._pairing.stages)
        if met.passed == 0 and server.key == REFERENCE:  # the first stage is about the server alone
            return pair, Met(None, error=f"our own server does not serve: {outcome.results[-1].summary}")
        if met.trouble and client.key == REFERENCE != server.key:
            met = yield from self._explained(met, server, "server", self._pairing.server)
            return pair, replace(met, hopeless=met.passed == 0)
        if met.trouble and server.key == REFERENCE != client.key:
            met = yield from self._explained(met, client, "client", self._pairing.client)
        return pair, met

    def _explained(self, met: Met, player: Participant, side: str, role: str) -> Grading[Met]:
        assert met.passed is not None, "it has failed at some stage"
        checks = self._pairing.stages[met.passed].explained_by.get(side, ())
        if not checks:
            return met
        outcome = yield Step(self._request.setup(player.folder, {role: player.programs[role]}), list(checks))
        results = {result.id: result for result in outcome.results}
        causes = (results.get(results[check].caused_by, results[check]) for check in checks)
        failure = next((result.failure for result in causes if result.status is Status.FAIL), None)
        if failure is None:
            return met
        return replace(met, alone=Trouble.of(failure), hopeless=failure.step == NEVER_CONNECTS)

    def errors(self) -> Iterator[str]:
        """The errors of pairs without a result."""
        return (met.error for met in self._met.values() if met.error)

    def matrix(self) -> Matrix:
        """All results, of this run and of earlier ones."""
        met = {pair: found for pair in self._pairs() if (found := self._met.get(pair) or self._concluded(pair))}
        shown = {REFERENCE, *self._chosen}.union(*met)
        clients, servers = (tuple(filter(shown.__contains__, keys)) for keys in (self._clients, self._servers))
        return Matrix(self._pairing.title, self._pairing.stages, clients, servers, met)

    def _pairs(self) -> Iterator[Pair]:
        return (Pair(client, server) for client in self._clients for server in self._servers)
