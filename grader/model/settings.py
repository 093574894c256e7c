"""What a course can set in its chatgrade.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.model.limits import Limits

SETTINGS_FILE = "chatgrade.toml"


@dataclass(frozen=True)
class BatchSettings:
    """What a course may set for its classes."""

    jobs: int = 0  # checks at a time; 0: one per processor
    layout: str = "auto"
    late_points: int = 0  # taken off a late hand-in


@dataclass(frozen=True)
class Settings:
    """What a course may set; the codelab's own values where it sets nothing."""

    files: Mapping[str, str]
    port: int
    wording: Mapping[str, object]
    points: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    batch: BatchSettings = field(default_factory=BatchSettings)
