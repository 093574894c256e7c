"""The levels of isolation, from the strictest to none, and what each means for the programs of one check."""

from __future__ import annotations

from typing import Protocol

from grader.isolation.bubblewrap import Sandbox
from grader.isolation.confinement import Confinement
from grader.isolation.network import Network

LEVELS = ("full", "network", "none")
"""The best one first."""


class Surroundings(Protocol):
    """What surrounds the programs of a worker: its network, and a sandbox or the lesser bounds, or neither."""

    network: Network
    sandbox: Sandbox | None
    confinement: Confinement | None

    @property
    def enforced(self) -> frozenset[str]:
        """The limits that the programs' own errors tell of."""
