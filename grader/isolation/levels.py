"""The levels of isolation, from the strictest to none, and the surroundings that a level gives to programs."""

from __future__ import annotations

from typing import Protocol

from grader.isolation.bubblewrap import Sandbox
from grader.isolation.confinement import Confinement
from grader.isolation.network import Network

LEVELS = ("full", "network", "none")
"""The strictest first."""


class Surroundings(Protocol):
    """The surroundings of a worker's programs: its network, and a sandbox, or a confinement, or neither."""

    network: Network
    sandbox: Sandbox | None
    confinement: Confinement | None

    @property
    def enforced(self) -> frozenset[str]:
        """The names of the limits in force."""
