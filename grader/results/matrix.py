"""What became of every client with every server: plain data, for the store, pages and tables."""

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

_LAST_EVENTS, _LONGEST_EVENT = 16, 200  # of a conversation that are kept; characters of each


@dataclass(frozen=True)
class Trouble:
    """What went wrong, in the words of a check."""

    summary: str
    expected: str
    observed: str
    hint: str = ""
    place: str = ""  # a file and a line

    @classmethod
    def of(cls, failure: Failure) -> Trouble:
        """What a failure says."""
        place = f"{failure.where.file}, line {failure.where.line}" if failure.where else ""
        return cls(failure.summary, failure.expected, failure.observed, failure.hint, place)


@dataclass(frozen=True)
class Met:
    """What became of one client with one server.

    `passed` counts the stages that went well; None: the grader or the machine could not do its job, and `error` says why.
    `alone` is what a program that fails with the reference does wrong by itself.
    """

    passed: int | None
    trouble: Trouble | None = None
    alone: Trouble | None = None
    hopeless: bool = False  # the one that met the reference here fails with everybody in the same way
    notes: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()  # the end of the conversation
    error: str = ""
    run: bool = True  # False: concluded from what happened with the reference

    @classmethod
    def of(cls, result: CheckResult, stages: tuple[Stage, ...]) -> Met:
        """What the result of a pairing's check says."""
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
        """What `as_dict` has made, also when it has been through JSON."""
        told = {name: Trouble(**data[name]) if data[name] else None for name in ("trouble", "alone")}
        events = tuple(Event(**event) for event in data["events"])
        return cls(**{**data, **told, "notes": tuple(data["notes"]), "events": events})


@dataclass(frozen=True)
class Matrix:
    """The clients and servers of one pairing by their keys, the reference first, and what became of each pair that is known."""

    title: str
    stages: tuple[Stage, ...]
    clients: tuple[str, ...]
    servers: tuple[str, ...]
    met: Mapping[Pair, Met]

    @cached_property
    def students(self) -> frozenset[str]:
        """The hand-ins that are in it."""
        return frozenset((*self.clients, *self.servers)) - {REFERENCE}

    @cached_property
    def reach(self) -> dict[Pair, int]:
        """How many stages each pair has passed."""
        return {pair: met.passed for pair, met in self.met.items() if met.passed is not None}

    @cached_property
    def faults(self) -> dict[Pair, Fault]:
        """Whose fault each failed pair is."""
        return faults(self.reach, len(self.stages))

    @cached_property
    def causes(self) -> list[Attribution]:
        """Why pairs fail, each reason once."""
        return causes(self.faults, self._reason)

    def _reason(self, pair: Pair) -> tuple[int, str]:
        trouble = self.met[pair].trouble
        return self.reach[pair], trouble.summary if trouble else ""

    def works(self, pair: Pair) -> bool:
        """Whether all went well."""
        return self.reach.get(pair) == len(self.stages)

    def chats(self, pair: Pair) -> bool:
        """Whether the two can chat, whatever goes wrong when they part."""
        passed = self.reach.get(pair)
        return passed is not None and not any(stage.chat for stage in self.stages[passed:])

    def stage(self, pair: Pair) -> Stage:
        """The stage at which a pair fails."""
        return self.stages[self.reach[pair]]

    def pairs(self, *, client: str | None = None, server: str | None = None) -> list[Pair]:
        """Those of the students' pairs in which this client or this server is; all of them for neither."""
        clients = self.clients if client is None else (client,)
        servers = self.servers if server is None else (server,)
        pairs = (Pair(one, other) for one in clients for other in servers)
        return [pair for pair in pairs if REFERENCE not in pair]


@dataclass(frozen=True)
class Interop:
    """All pairings of a class. `people` are the authors by the key of their hand-in."""

    matrices: tuple[Matrix, ...]
    people: Mapping[str, tuple[Person, ...]]
    layout: str = ""
    notes: tuple[str, ...] = ()
    run: int = 0  # pairs that were run now
    known: int = 0  # that had been before
    missing: tuple[str, ...] = field(default=())  # what the grader or the machine could not do

    @cached_property
    def authors(self) -> dict[str, str]:
        """What to call who handed something in, by key: names, with the key where others look alike; without names the key."""
        names = {key: " & ".join(one.name for one in people if one.name) or key for key, people in self.people.items()}
        alike = Counter(map(_look, names.values()))
        return {
            key: name if alike[_look(name)] == 1 or name == key else f"{name} ({key})" for key, name in names.items()
        }


def _look(name: str) -> str:
    """The same for names that a reader does not tell apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
