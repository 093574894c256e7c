"""What is graded, seen from the engine: the one place where it meets `tasks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.check import Catalogue
    from grader.room import Room


@dataclass(frozen=True)
class Codelab:
    """A codelab's checks and what they stand on: file names by role, the port, the wording, and the room they play in."""

    catalogue: Catalogue
    files: Mapping[str, str]
    port: int
    wording: Mapping[str, object]
    room: type[Room]


def load() -> Codelab:
    """The codelab of this installation."""
    from tasks import CODELAB

    return CODELAB
