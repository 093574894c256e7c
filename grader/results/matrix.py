"""The results of every client with every server: plain data, for the store, pages and tables."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from grader.model.codelab import Stage
from grader.model.verdict import CheckResult, Event, Failure, Status
from grader.results.blame import REFERENCE, Attribution, Fault, Pair, causes, faults
from grader.results.graded import Person

_LAST_EVENTS, _LONGEST_EVENT = 16, 200  # events kept of a conversation; characters kept of each


@dataclass(frozen=True)
class Trouble:
    """A problem, in the words of a check."""

    summary: str
    expected: str
    observed: str
    hint: str = ""
    place: str = ""  # a file and a line

    @classmethod
    def of(cls, failure: Failure) -> Trouble:
        """The problem that a failure describes."""
        place = f"{failure.where.file}, line {failure.where.line}" if failure.where else ""
        return cls(failure.summary, failure.expected, failure.observed, failure.hint, place)


@dataclass(frozen=True)
class Met:
    """The result of one client with one server.

    `passed` counts the stages that succeeded; None: the grader or the machine could not do its job, and `error` says why.
    `alone` is the problem of a program that fails with the reference, as seen when it runs by itself.
    """

    passed: int | None
    trouble: Trouble | None = None
    alone: Trouble | None = None
    hopeless: bool = False  # the program that met the reference fails with every other in the same way
    notes: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()  # the end of the conversation
    error: str = ""
    run: bool = True  # False: concluded from what happened with the reference

    @classmethod
    def of(cls, result: CheckResult, stages: tuple[Stage, ...]) -> Met:
        """Read from the result of a pairing's check."""
        if result.status is Status.PASS:
            return cls(len(stages))
        names = [stage.name for stage in stages]
        if result.failure is None or result.failure.step not in names:
            return cls(None, error=result.summary)
        passed = names.index(result.failure.step)
        events = tuple(
            Event(one.t, one.who, one.dir, one.data[:_LONGEST_EVENT], one.mark)
            for one in result.transcript[-_LAST_EVENTS:]
        )
        return cls(passed, Trouble.of(result.failure), notes=result.notes, events=events)

    def as_dict(self) -> dict[str, Any]:
        """As plain data for JSON; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Met:
        """Inverse of `as_dict`, also after a way through JSON."""
        told = {name: Trouble(**data[name]) if data[name] else None for name in ("trouble", "alone")}
        events = tuple(Event(**event) for event in data["events"])
        return cls(**{**data, **told, "notes": tuple(data["notes"]), "events": events})


@dataclass(frozen=True)
class Matrix:
    """The clients and servers of one pairing by key, the reference first, and the result of each pair that has one."""

    title: str
    stages: tuple[Stage, ...]
    clients: tuple[str, ...]
    servers: tuple[str, ...]
    met: Mapping[Pair, Met]

    @cached_property
    def students(self) -> frozenset[str]:
        """Keys of the hand-ins in the matrix."""
        return frozenset((*self.clients, *self.servers)) - {REFERENCE}

    @cached_property
    def reach(self) -> dict[Pair, int]:
        """How many stages each pair has passed."""
        return {pair: met.passed for pair, met in self.met.items() if met.passed is not None}

    @cached_property
    def faults(self) -> dict[Pair, Fault]:
        """The fault of each failed pair."""
        return faults(self.reach, len(self.stages))

    @cached_property
    def causes(self) -> list[Attribution]:
        """The reasons why pairs fail, each once."""
        return causes(self.faults, self._reason)

    def _reason(self, pair: Pair) -> tuple[int, str]:
        trouble = self.met[pair].trouble
        return self.reach[pair], trouble.summary if trouble else ""

    def works(self, pair: Pair) -> bool:
        """Whether the pair passes all stages."""
        return self.reach.get(pair) == len(self.stages)

    def chats(self, pair: Pair) -> bool:
        """Whether the two can chat, even if leaving fails."""
        passed = self.reach.get(pair)
        return passed is not None and not any(stage.chat for stage in self.stages[passed:])

    def stage(self, pair: Pair) -> Stage:
        """The stage at which a pair fails."""
        return self.stages[self.reach[pair]]

    def pairs(self, *, client: str | None = None, server: str | None = None) -> list[Pair]:
        """The students' pairs with this client or this server; all pairs without either argument."""
        clients = self.clients if client is None else (client,)
        servers = self.servers if server is None else (server,)
        pairs = (Pair(one, other) for one in clients for other in servers)
        return [pair for pair in pairs if REFERENCE not in pair]


@dataclass(frozen=True)
class Interop:
    """All pairings of a class. `people`: hand-in's key -> its authors."""

    matrices: tuple[Matrix, ...]
    people: Mapping[str, tuple[Person, ...]]
    layout: str = ""
    notes: tuple[str, ...] = ()
    run: int = 0  # pairs run now
    known: int = 0  # pairs with results from earlier runs
    missing: tuple[str, ...] = field(default=())  # errors of the grader or the machine

    @cached_property
    def authors(self) -> dict[str, str]:
        """Display name by key: the authors' names, with the key where names look alike; without names the key."""
        names = {key: " & ".join(one.name for one in people if one.name) or key for key, people in self.people.items()}
        alike = Counter(map(_look, names.values()))
        return {
            key: name if alike[_look(name)] == 1 or name == key else f"{name} ({key})" for key, name in names.items()
        }


def _look(name: str) -> str:
    """A form that is equal for names which look alike to a reader."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
