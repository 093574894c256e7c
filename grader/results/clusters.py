"""Which hand-ins of a class fail for the same cause. Fed with one hand-in after the other; only symptoms are kept.

Failures of one check that show the same symptom are alike. What is alike in several checks becomes one cluster if those
who fail both fail them for one cause, as their own reports tell it: the cluster is then told by the check that most fail.
Clusters that the same hand-ins show, about the same topic, are then gathered under one of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

from grader.model.causes import DedupKey, causes_of
from grader.results.graded import Graded
from grader.results.symptoms import Signature, Symptom

_SAME = 0.8  # of all who are in one of two clusters, those who are in both: then the same hand-ins show them

_Kind = tuple[str, Signature]  # a check's id, and the kind of a symptom in it


@dataclass
class _Alike:
    """Failures of one check that show the same symptom: what they have in common, and the points lost, by hand-in."""

    symptom: Symptom
    lost: dict[str, int]


@dataclass(frozen=True)
class Commonest:
    """The symptom that most failures of a check show: how many of how many, and how many symptoms there are."""

    symptom: Symptom
    count: int
    failures: int
    kinds: int


@dataclass(frozen=True)
class Cluster:
    """Hand-ins that fail for the same cause. `symptom` is what they have in common in the check that most of them fail.

    `checks` has for each check, in the catalogue's order, the keys of those who fail it by this cause. `with_it` are clusters
    that are told under this one.
    """

    symptom: Symptom
    checks: Mapping[str, tuple[str, ...]]
    points_lost: int
    with_it: tuple[Cluster, ...] = ()

    @cached_property
    def first_checks(self) -> dict[str, str]:
        """Each hand-in, by its key, with the first check that it fails by this cause; in the order of keys."""
        found: dict[str, str] = {}
        for check_id, keys in self.checks.items():
            for key in keys:
                found.setdefault(key, check_id)
        return dict(sorted(found.items()))

    def __len__(self) -> int:
        return len(self.first_checks)


class Failures:
    """The failures of a class, as they are added."""

    def __init__(self) -> None:
        self._alike: dict[_Kind, _Alike] = {}
        self._of: dict[str, dict[_Kind, None]] = {}  # by check
        self._together: Counter[tuple[_Kind, _Kind]] = Counter()  # hand-ins that fail two checks for one cause

    def add(self, graded: Graded) -> None:
        """Take in one hand-in; no two may have one key."""
        by_cause: dict[DedupKey, list[_Kind]] = defaultdict(list)
        for check in graded.checks():
            if check["status"] == "fail":
                symptom = Symptom.of(check, judged=check["id"] in graded.reviews)
                kind = (check["id"], symptom.kind)
                known = self._alike.setdefault(kind, _Alike(symptom, {}))
                self._of.setdefault(check["id"], {})[kind] = None
                known.symptom = known.symptom.meet(symptom)
                known.lost[graded.entry.key] = check["points"] - check["earned"]
                for cause in _causes(check, symptom):
                    by_cause[cause].append(kind)
        self._together.update({pair for kinds in by_cause.values() for pair in combinations(kinds, 2)})

    def commonest(self, check_id: str) -> Commonest | None:
        """The commonest symptom of a check; None if nobody fails it."""
        if check_id not in self._of:
            return None
        found = [self._alike[kind] for kind in self._of[check_id]]
        most = min(found, key=lambda one: (-len(one.lost), one.symptom.kind))
        return Commonest(most.symptom, len(most.lost), sum(len(one.lost) for one in found), len(found))

    def clusters(self, order: Iterable[str]) -> tuple[Cluster, ...]:
        """All clusters, the largest first; `order` are the ids of all checks in the catalogue's."""
        place = {check_id: number for number, check_id in enumerate(order)}

        def size_first(kind: _Kind) -> tuple[int, int, Signature]:
            return (-len(self._alike[kind].lost), place[kind[0]], kind[1])

        beside: dict[_Kind, set[_Kind]] = defaultdict(set)  # only who fails both can have one cause for them
        for one, other in self._together:
            beside[one].add(other)
            beside[other].add(one)
        led: dict[_Kind, list[_Kind]] = {}  # by the kind of failure that most of a cluster's hand-ins show
        for kind in sorted(self._alike, key=size_first):
            leaders = sorted((one for one in beside[kind] if one in led), key=size_first)
            leader = next((one for one in leaders if self._has_its_cause(kind, one)), kind)
            led.setdefault(leader, []).append(kind)
        made = [self._cluster(leader, sorted(kinds, key=lambda kind: place[kind[0]])) for leader, kinds in led.items()]
        return tuple(sorted(made, key=lambda one: (-len(one), place[next(iter(one.checks))], one.symptom.kind)))

    def _has_its_cause(self, kind: _Kind, leader: _Kind) -> bool:
        """Whether at least half of those who fail in one way have the same cause as in the other, as they tell it."""
        together = self._together[leader, kind] + self._together[kind, leader]
        return together * 2 >= len(self._alike[kind].lost)

    def _cluster(self, leader: _Kind, kinds: Iterable[_Kind]) -> Cluster:
        checks: dict[str, list[str]] = defaultdict(list)
        for kind in kinds:
            checks[kind[0]] += self._alike[kind].lost
        lost = sum(sum(self._alike[kind].lost.values()) for kind in kinds)
        in_order = {check_id: tuple(sorted(keys)) for check_id, keys in checks.items()}
        return Cluster(self._alike[leader].symptom, in_order, lost)


def gathered(clusters: Iterable[Cluster], topics: Mapping[str, frozenset[str]]) -> tuple[Cluster, ...]:
    """Clusters that the same hand-ins show, about the same topic, as one: the first of them, with the others told under it.

    First comes what most show, and of that what costs most; `topics` are those of each check. Two mistakes of the same students
    cannot be told from one mistake that shows twice, so each keeps its own sentence, checks and points.
    """
    led: dict[int, list[Cluster]] = {}
    shown_by: dict[str, list[int]] = defaultdict(list)  # a hand-in's key, and the places of those clusters that lead
    ordered = sorted(clusters, key=lambda one: (-len(one), -one.points_lost))
    for place, one in enumerate(ordered):
        leaders = sorted({leader for key in one.first_checks for leader in shown_by[key]})
        first = next((leader for leader in leaders if _go_together(one, ordered[leader], topics)), place)
        led.setdefault(first, []).append(one)
        if first == place:
            for key in one.first_checks:
                shown_by[key].append(place)
    return tuple(replace(first, with_it=tuple(others)) for first, *others in led.values())


def _go_together(one: Cluster, other: Cluster, topics: Mapping[str, frozenset[str]]) -> bool:
    """Whether one is about nothing that the other is not about, and nearly the same hand-ins show both."""
    ours, theirs = (frozenset[str]().union(*(topics.get(check, ()) for check in each.checks)) for each in (one, other))
    if not ours or not theirs or ours & theirs not in (ours, theirs):
        return False
    these, those = one.first_checks.keys(), other.first_checks.keys()
    return len(these & those) >= _SAME * len(these | those)


def _causes(check: Mapping[str, Any], symptom: Symptom) -> list[DedupKey]:
    """What a report would tell as one cause, and, where no line of the source is known, a hint of the same kind."""
    place = check["where"] and tuple(check["where"].values())
    told = causes_of(check["hint"], place, check["program_output"])
    return [*told, symptom.hint.fixed] if check["hint"] and not place else told
