"""The settings of a course's chatgrade.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.model.limits import Limits

SETTINGS_FILE = "chatgrade.toml"


@dataclass(frozen=True)
class BatchSettings:
    """The settings for grading a class."""

    jobs: int = 0  # checks at a time; 0: one per processor
    layout: str = "auto"
    late_points: int = 0  # taken off a late hand-in


@dataclass(frozen=True)
class Settings:
    """All settings of a course, with the codelab's own values where the course sets none."""

    files: Mapping[str, str]
    port: int
    wording: Mapping[str, object]
    points: Mapping[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    batch: BatchSettings = field(default_factory=BatchSettings)
