"""Which program is at fault where a client and a server do not work together, by cross-evidence. Pure.

A pair goes through the stages of a meeting, in order; its reach is how many it has passed. The first stage is about the server
alone. Later, a program is at fault if it comes no further with the reference either; or, of those with which the reference comes
further, with more than half of at least three. That may hold for both programs. Where it holds for neither, both are right as
far as is known, and they fail only together; where one of them was never run with the reference, the fault is unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import NamedTuple

REFERENCE = ""
"""The key of our own program, in either role."""

_CLIENT, _SERVER = 0, 1  # places in a pair
_FEW = 3  # the least number of others of which more than half is a majority


class Pair(NamedTuple):
    """One client and one server, by their keys."""

    client: str
    server: str


Reach = Mapping[Pair, int]
"""How many stages each pair has passed. A pair of which that is not known is not in it."""


class Fault(str, Enum):
    """Which program is at fault in one pair."""

    CLIENT = "client"
    SERVER = "server"
    BOTH = "both"
    TOGETHER = "together"
    UNKNOWN = "unknown"


class Attribution(NamedTuple):
    """One reason why pairs fail: a program at fault, a program that the pairs share, or the two programs of a single pair."""

    fault: Fault
    client: str | None
    server: str | None
    pairs: tuple[Pair, ...]


def faults(reach: Reach, stages: int) -> dict[Pair, Fault]:
    """The fault of each failed pair. The pair of the two references is no evidence about other programs."""
    evidence = _Evidence(reach)
    failed = (pair for pair, passed in reach.items() if passed < stages and pair != (REFERENCE, REFERENCE))
    return {pair: evidence.fault(pair) for pair in failed}


class _Evidence:
    """Evidence about each program, from all pairs that it has been in."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._pairs_of = _by(_CLIENT, reach), _by(_SERVER, reach)
        self._comes_no_further = cache(self._fails_in_general)  # asked again for each pair of a program

    def fault(self, pair: Pair) -> Fault:
        """The program at fault in a pair that fails."""
        passed = self._reach[pair]
        if passed == 0:
            return Fault.SERVER
        client, server = (self._comes_no_further(place, pair[place], passed) for place in (_CLIENT, _SERVER))
        if client or server:
            return Fault.BOTH if client and server else Fault.CLIENT if client else Fault.SERVER
        seen_with_references = all(_with_reference(pair, place) in self._reach for place in (_CLIENT, _SERVER))
        return Fault.TOGETHER if seen_with_references else Fault.UNKNOWN

    def _fails_in_general(self, place: int, key: str, passed: int) -> bool:
        """Whether a program generally comes no further than `passed` stages, not only in a single pair."""
        if key == REFERENCE:
            return False
        reach = self._reach
        with_reference = reach.get(_with_reference(Pair(key, key), 1 - place))
        if with_reference is not None and with_reference <= passed:
            return True
        others = [pair for pair in self._pairs_of[place][key] if reach.get(_with_reference(pair, place), 0) > passed]
        alike = [reach[pair] <= passed for pair in others if REFERENCE not in pair]
        return len(alike) >= _FEW and 2 * sum(alike) > len(alike)


def causes(found: Mapping[Pair, Fault], reason: Callable[[Pair], Hashable]) -> list[Attribution]:
    """Each reason once, those that spoil most pairs first.

    Pairs that fail only together share a reason where they share a program and fail for the same `reason`.
    """
    attributions = []
    for place, fault in ((_SERVER, Fault.SERVER), (_CLIENT, Fault.CLIENT)):
        theirs = _by(place, (pair for pair, blamed in found.items() if blamed in (fault, Fault.BOTH)))
        attributions += [_cause(fault, place, key, tuple(pairs)) for key, pairs in theirs.items()]
    for fault in (Fault.TOGETHER, Fault.UNKNOWN):
        attributions += _grouped(fault, [pair for pair, blamed in found.items() if blamed is fault], reason)
    return sorted(attributions, key=lambda cause: -len(cause.pairs))


def _grouped(fault: Fault, pairs: list[Pair], reason: Callable[[Pair], Hashable]) -> Iterator[Attribution]:
    """Greedy grouping: repeatedly take the largest group that shares a program and the reason."""
    groups: dict[tuple[int, str, Hashable], dict[Pair, None]] = defaultdict(dict)
    for place in (_SERVER, _CLIENT):
        for pair in pairs:
            groups[place, pair[place], reason(pair)][pair] = None
    while groups:
        largest = max(groups, key=lambda group: len(groups[group]))
        place, key, why = largest
        group = tuple(groups.pop(largest))
        yield _cause(fault, place, key, group) if len(group) > 1 else Attribution(fault, *group[0], group)
        for pair in group:
            other = (1 - place, pair[1 - place], why)
            del groups[other][pair]
            if not groups[other]:
                del groups[other]


def _cause(fault: Fault, place: int, key: str, pairs: tuple[Pair, ...]) -> Attribution:
    client, server = (key, None) if place == _CLIENT else (None, key)
    return Attribution(fault, client, server, pairs)


def _with_reference(pair: Pair, place: int) -> Pair:
    """The pair with our own program in this place."""
    return pair._replace(client=REFERENCE) if place == _CLIENT else pair._replace(server=REFERENCE)


def _by(place: int, pairs: Iterable[Pair]) -> dict[str, list[Pair]]:
    """The pairs by the program in this place."""
    by_program: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_program[pair[place]].append(pair)
    return by_program
