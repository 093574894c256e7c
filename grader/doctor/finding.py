"""The findings of probes: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from grader.model.codelab import Codelab
from grader.model.settings import Settings


class Level(str, Enum):
    """How grave a finding is: harmless, less than is possible elsewhere, or no grading at all."""

    OK = "ok"
    WARNING = "warning"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Finding:
    """A fact about the machine, and its meaning for grading, in words."""

    level: Level
    subject: str
    fact: str
    meaning: str = ""


@dataclass(frozen=True)
class Machine:
    """The machine to examine, as a run with these settings and this Python uses it."""

    codelab: Codelab
    settings: Settings
    settings_file: Path | None
    python: str
    within: float = 10.0  # seconds for each probe
