"""What a probe finds: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from grader.model.codelab import Codelab
from grader.model.settings import Settings


class Level(str, Enum):
    """What a finding means: nothing that matters, less than could be had, or that nothing can be graded."""

    OK = "ok"
    WARNING = "warning"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Finding:
    """A fact about the machine, and what it means for grading, in words."""

    level: Level
    subject: str
    fact: str
    meaning: str = ""


@dataclass(frozen=True)
class Machine:
    """What is examined: this machine, as a run with these settings and this Python finds it."""

    codelab: Codelab
    settings: Settings
    settings_file: Path | None
    python: str
    within: float = 10.0  # seconds: what takes longer is given up
