"""A codelab as the engine sees it: its checks, its room, its optional programs, its meetings of two students' programs."""

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
    """The engine's view of a room: opened for one check, and asked for notes, output and evidence after it."""

    notes: list[str]
    output: str
    post_mortem: PostMortem | None
    testimony: dict[str, tuple[Failure, tuple[str, ...]]]
    about_pace: str  # the id of the check that is about how soon the program answers

    @property
    def spent(self) -> tuple[float, bool]:
        """What was waited while the program slept, as in `CheckResult.asleep`; whether it was found in an endless loop."""

    def open(self, runs: str) -> None:
        """Start the programs that a check with these `runs` (see `Check`) expects to be running."""

    def conclude(self) -> None:
        """Hold all that happened against the rules, when the check has found nothing wrong by itself.

        Raises CheckFailed for what is this check's own matter. Other matters become `testimony`: by the id of the check that
        fails by it, the failure, and the ids of those of which none must have failed (see `Sighting`).
        """

    def with_limits_told(self, failure: Failure) -> Failure:
        """The failure, completed by the limits that a program has reached."""

    def evidence_ends(self) -> None:
        """Stop recording evidence: the verdict stands, and what follows is clean-up."""

    def events(self, failure: Failure | None) -> tuple[Event, ...]:
        """The transcript, with the failure's event marked."""

    def exhibits(self, failure: Failure) -> Evidence:
        """The evidence that a page shows beside a failure."""


OpenAnew = Callable[[str, Mapping[str, Path]], AbstractContextManager[CheckRoom]]
"""Opens a fresh room for a check id and programs by role, after the room of the failed check is closed."""
PostMortem = Callable[["Failure", OpenAnew], "Failure"]
"""Runs the programs of a failed check once more to find the cause; returns the failure, explained better or unchanged."""


@dataclass(frozen=True)
class OptionalProgram:
    """A program that a student may hand in beside the usual ones: a variant of the role `like`.

    It has a name of its own, or the usual name in one of `folders`, or a name with one of `words` and the role in it.
    `source` is a regular expression that its source always matches: a usual program that matches it may play this role,
    too. `otherwise` says, as the end of a sentence, what a program is that does not match.
    """

    like: str
    folders: tuple[str, ...]
    words: tuple[str, ...]
    source: str
    otherwise: str


@dataclass(frozen=True)
class Stage:
    """One step of a meeting: its name, and the trouble that is reported when a meeting gets no further.

    `explained_by` has, by role, the ids of the checks that may explain a program's failure here, the likeliest first.
    """

    name: str
    trouble: str
    explained_by: Mapping[str, tuple[str, ...]]
    chat: bool = True  # whether there is no chat without it


@dataclass(frozen=True)
class Pairing:
    """How programs of two students are run together: in `check`, the `client` of a student meets the `server` of another.

    `client` and `server` are roles. The first stage is about the server alone. `references` has a right program by role.
    """

    title: str
    check: Check
    client: str
    server: str
    stages: tuple[Stage, ...]
    references: Mapping[str, Path]


@dataclass(frozen=True)
class Codelab:
    """A codelab's checks and what they are built on: file names by role, the port, the wording, and the room.

    `extras` are the optional programs of the bonus task `bonus`, by role. `kit` makes the starting kit of a course with
    these settings: texts by file name. `pairings` are the ways in which programs of two students are run together.
    `folder` holds the codelab's code.
    """

    folder: Path
    catalogue: Catalogue
    files: Mapping[str, str]
    port: int
    wording: Mapping[str, object]
    room: Callable[..., AbstractContextManager[CheckRoom]]  # arguments: RunSpec, check id, folder, Surroundings
    bonus: str
    extras: Mapping[str, OptionalProgram]
    kit: Callable[[Codelab, Settings], Mapping[str, str]] = lambda _lab, _course: {}
    pairings: tuple[Pairing, ...] = ()

    @property
    def guides(self) -> dict[str, dict[str, str]]:
        """The guide of each check (does, why, mistakes, codelab), by check id."""
        return {check.id: check.guide for check in self.catalogue}

    def bonus_role(self, role: str) -> str:
        """The bonus task's variant of a usual role (server, client)."""
        return next((bonus for bonus, extra in self.extras.items() if extra.like == role), role)
