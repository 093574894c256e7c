"""The levels of isolation, from the strictest to none."""

from __future__ import annotations

LEVELS = ("full", "network", "none")
"""The best one first."""
