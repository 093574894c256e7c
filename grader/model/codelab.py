"""What is graded, seen from the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from grader.model.catalogue import Catalogue, Check
    from grader.model.evidence import Evidence
    from grader.model.settings import Settings
    from grader.model.verdict import Event, Failure


class CheckRoom(Protocol):
    """What a check is given, as the engine sees it: opened for one check, asked for what came of it when that is over."""

    notes: list[str]
    output: str
    post_mortem: PostMortem | None

    def open(self, runs: str) -> None:
        """Have running what a check of this kind stands on."""

    def with_limits_told(self, failure: Failure) -> Failure:
        """The failure, with the limits of this run that a program ran into."""

    def evidence_ends(self) -> None:
        """The verdict falls: what happens from now on is no evidence."""

    def events(self, failure: Failure | None) -> tuple[Event, ...]:
        """What happened, marked where the failure says."""

    def exhibits(self, failure: Failure) -> Evidence:
        """What a page shows of a failure beside its words."""


OpenAnew = Callable[[str, Mapping[str, Path]], AbstractContextManager[CheckRoom]]
"""Opens another room for a check id and its programs by role, when the one in which a check failed is closed."""
PostMortem = Callable[["Failure", OpenAnew], "Failure"]
"""Tries the programs of a failed check once more to find the cause: gives back the failure, explained better or as it was."""


@dataclass(frozen=True)
class OptionalProgram:
    """A program that a student may hand in beside the usual ones: the role it is a variant of, and where it may be found.

    It has a name of its own, or the usual name in one of `folders`, or a name that holds one of `words` and the role.
    `source` is a pattern that its source surely matches, by which the usual program may be recognised as this one, too;
    `otherwise` tells, of a program that has nothing of the kind, what it is instead.
    """

    like: str
    folders: tuple[str, ...]
    words: tuple[str, ...]
    source: str
    otherwise: str


@dataclass(frozen=True)
class Stage:
    """One step of a meeting, in order: its name, and what is wrong when a meeting ends with it.

    By role, `explained_by` are the checks that may tell why a program fails here with the reference, the likeliest first.
    """

    name: str
    trouble: str
    explained_by: Mapping[str, tuple[str, ...]]
    chat: bool = True  # whether there is no chat without it


@dataclass(frozen=True)
class Pairing:
    """How programs of two students are tried together: `check` has one's `client` meet the other's `server` (roles).

    The first stage is about the server alone. `references` are programs that are right, in both roles.
    """

    title: str
    check: Check
    client: str
    server: str
    stages: tuple[Stage, ...]
    references: Mapping[str, Path]


@dataclass(frozen=True)
class Codelab:
    """A codelab's checks and what they stand on: file names by role, the port, the wording, and the room they play in.

    `extras` are the roles of the bonus task `bonus`, which may be left out. `kit` makes the files that one begins with, by
    their names, for a course with these settings; `pairings` are the ways in which programs of different students are tried
    together. `folder` is where the code of all this lies.
    """

    folder: Path
    catalogue: Catalogue
    files: Mapping[str, str]
    port: int
    wording: Mapping[str, object]
    room: Callable[
        ..., AbstractContextManager[CheckRoom]
    ]  # of a setup, a check id, a folder, and what surrounds programs
    bonus: str
    extras: Mapping[str, OptionalProgram]
    kit: Callable[[Codelab, Settings], Mapping[str, str]] = lambda _lab, _course: {}
    pairings: tuple[Pairing, ...] = ()

    @property
    def guides(self) -> dict[str, dict[str, str]]:
        """What is told of each check beside its verdict, by its id."""
        return {check.id: check.guide for check in self.catalogue}

    def bonus_role(self, role: str) -> str:
        """The role that a usual one (server, client) has in the bonus task."""
        return next((bonus for bonus, extra in self.extras.items() if extra.like == role), role)
