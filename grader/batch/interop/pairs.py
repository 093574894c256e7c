"""Has every client of a class meet every server, the references among them, and keeps each result as soon as it is there.

First everybody meets the references. A server that serves nobody, and a client that calls nobody, are not tried with others:
it is known what comes of it. What a program that fails with the reference does wrong, the checks tell that it is graded by.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from grader.batch.digests import rules_of
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
from grader.submission import files


@dataclass(frozen=True)
class InteropRequest:
    """What is asked of a class."""

    paths: Sequence[Path]
    out: Path
    layout: str
    only: tuple[str, ...]  # keys, or patterns of keys, of those to run with each other; empty: all
    again: bool
    isolation: str
    jobs: int
    keeps_seed: bool = True  # the class's own, from its first run


class InteropListener:
    """Hears how it goes; does nothing by itself."""

    def begins(self, pairs: int) -> None:
        """So many pairs are to be run."""

    def ends(self, pairing: Pairing, pair: Pair, met: Met) -> None:
        """A pair has its result, and that is kept."""

    def drops(self, pairs: int) -> None:
        """So many need not be run after all."""

    def expects(self, seconds: float) -> None:
        """The references are through, and the rest will take so long."""


def meet(codelab: Codelab, request: GradingRequest, asked: InteropRequest, reporter: InteropListener) -> Interop:
    """Run what is new or changed of the chosen; all that is known then. UsageError, GraderError if that cannot be begun."""
    _require_our_words(codelab, request)
    codelab = _with_pairings(codelab)
    with Store(asked.out, create=True) as store, files.temporary_folder() as scratch:
        request = replace(request, seed=class_seed(store, request, keep=asked.keeps_seed))
        taken = class_in(asked.paths, scratch, asked.layout, request.settings.files.values())
        handed = [one for one in taken.entries if one.path.resolve() != asked.out.resolve()]
        chosen = matching([one.entry.key for one in handed], asked.only)
        players = Participants(codelab, request, rules_of(codelab, request, asked.isolation), scratch)
        crowd = [player for one in handed if (player := players.take_in(one))]
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
            {one.entry.key: one.entry.people for one in handed},
            taken.layout,
            (*taken.notes, *notes, *_left_out(crowd, matrices)),
            sum(one.run for one in meetings),
            sum(one.known for one in meetings),
            tuple(dict.fromkeys(chain.from_iterable(one.errors() for one in meetings))),
        )


def _require_our_words(codelab: Codelab, request: GradingRequest) -> None:
    """UsageError where a course has other words than the references speak: they could tell nothing of anybody."""
    for key, ours in codelab.wording.items():
        allowed = request.settings.wording[key]
        if ours and ours not in (allowed, *(allowed if isinstance(allowed, list) else ())):
            raise UsageError(
                f"The references of interop speak the codelab's own words, and [wording] {key} does not allow {ours!r}; "
                "a list of texts may hold it beside the course's own."
            )


def _with_pairings(codelab: Codelab) -> Codelab:
    """The codelab in whose catalogue each pairing is a task of one check."""
    tasks = (Task(one.check.task, one.title, (one.check,)) for one in codelab.pairings)
    return replace(codelab, catalogue=Catalogue([*codelab.catalogue.tasks, *tasks]))


def _left_out(crowd: Iterable[Participant], matrices: Iterable[Matrix]) -> Iterator[str]:
    shown = set[str]().union(*(matrix.students for matrix in matrices))
    if count := sum(one.key not in shown for one in crowd):
        yield f"nothing is known yet of {count} hand-in{'s' * (count != 1)} that --only leaves out"


def _run(meetings: Sequence[_Meetings], workers: Workers, reporter: InteropListener) -> None:
    """First with the references, all of them; then the others, as far as that makes sense."""
    started = time.monotonic()
    for one in meetings:
        one.meet_references(workers)
    done = sum(one.run for one in meetings)
    left = sum(len(one.pending) for one in meetings)
    if done:
        reporter.expects((time.monotonic() - started) / done * left)
    for one in meetings:
        one.meet_others(workers)


class _Meetings:
    """All pairs of one pairing: what is known of them, and what is still to be run."""

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
        takers = {one.key: one for one in players if roles & set(one.programs)}
        self._chosen = takers.keys() & chosen
        self._all = {REFERENCE: reference, **takers}
        self._clients = tuple(key for key, one in self._all.items() if pairing.client in one.programs)
        self._servers = tuple(key for key, one in self._all.items() if pairing.server in one.programs)
        self._met: dict[Pair, Met] = {}
        self.pending: dict[Pair, None] = {}
        self.run = self.known = 0

    def begin(self, *, again: bool) -> int:
        """Look what is known; how many pairs of the chosen are to be run."""
        take_part = {REFERENCE, *self._chosen} if self._chosen else set()
        told = self._store.pairs(self._pairing.check.id)
        for pair in self._pairs():
            asked_for = take_part.issuperset(pair)
            made_of, met = told.get(pair, ("", {}))
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
        """Our own with each other, which must go well; then with everybody."""
        ours = Pair(REFERENCE, REFERENCE)
        self._meet([ours] if ours in self.pending else [], workers)
        met = self._met.get(ours)
        if met and met.passed != len(self._pairing.stages):
            told = met.error or (met.trouble.observed if met.trouble else "")
            raise GraderError(f"not even our own client and server get along on this machine: {told}")
        self._meet([pair for pair in self.pending if REFERENCE in pair], workers)
        self._listener.drops(self._drop_what_is_certain())

    def meet_others(self, workers: Workers) -> None:
        """The students' programs with each other."""
        self._meet(list(self.pending), workers)

    def _drop_what_is_certain(self) -> int:
        """Do not run pairs of which it is known what comes of them; how many these are."""
        certain = [pair for pair in self.pending if self._concluded(pair)]
        for pair in certain:
            del self.pending[pair]
        return len(certain)

    def _concluded(self, pair: Pair) -> Met | None:
        """What must become of a pair of which one program fails with everybody alike."""
        alone = (self._met.get(Pair(REFERENCE, pair.server)), self._met.get(Pair(pair.client, REFERENCE)))
        found = next((met for met in alone if met and met.hopeless and REFERENCE not in pair), None)
        return replace(found, run=False) if found else None

    def _meet(self, pairs: Iterable[Pair], workers: Workers) -> None:
        for pair, met in run_all(self._lab, (self._meeting(pair) for pair in pairs), workers):
            self._met[pair] = met
            del self.pending[pair]
            self.run += 1
            made_of = "" if met.error else self._made_of(pair)  # then it is to be run again next time
            self._store.save_pair(self._pairing.check.id, pair, made_of, met.as_dict())
            self._listener.ends(self._pairing, pair, met)

    def _meeting(self, pair: Pair) -> Grading[tuple[Pair, Met]]:
        """One pair; where one is the reference, the other's own checks explain what goes wrong."""
        client, server = self._all[pair.client], self._all[pair.server]
        roles = {self._pairing.client: client, self._pairing.server: server}
        setup = self._request.setup(server.folder, {role: one.programs[role] for role, one in roles.items()})
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
        failure = next((one.failure for one in causes if one.status is Status.FAIL), None)
        if failure is None:
            return met
        return replace(met, alone=Trouble.of(failure), hopeless=failure.step == NEVER_CONNECTS)

    def errors(self) -> Iterator[str]:
        """Why pairs have no result."""
        return (met.error for met in self._met.values() if met.error)

    def matrix(self) -> Matrix:
        """All that is known: of those who were chosen, and of those who were at an earlier time."""
        met = {pair: found for pair in self._pairs() if (found := self._met.get(pair) or self._concluded(pair))}
        shown = {REFERENCE, *self._chosen}.union(*met)
        clients, servers = (tuple(filter(shown.__contains__, keys)) for keys in (self._clients, self._servers))
        return Matrix(self._pairing.title, self._pairing.stages, clients, servers, met)

    def _pairs(self) -> Iterator[Pair]:
        return (Pair(client, server) for client in self._clients for server in self._servers)
