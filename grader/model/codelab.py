"""What is graded, seen from the engine: the one place where it meets `tasks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.model.catalogue import Catalogue, Check
    from grader.model.settings import Settings
    from grader.room.room import Room


@dataclass(frozen=True)
class Extra:
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
    together.
    """

    catalogue: Catalogue
    files: Mapping[str, str]
    port: int
    wording: Mapping[str, object]
    room: type[Room]
    bonus: str
    extras: Mapping[str, Extra]
    kit: Callable[[Codelab, Settings], Mapping[str, str]] = lambda _lab, _course: {}
    pairings: tuple[Pairing, ...] = ()

    @property
    def guides(self) -> dict[str, dict[str, str]]:
        """What is told of each check beside its verdict, by its id."""
        return {check.id: check.guide for check in self.catalogue}

    def bonus_role(self, role: str) -> str:
        """The role that a usual one (server, client) has in the bonus task."""
        return next((bonus for bonus, extra in self.extras.items() if extra.like == role), role)
