"""The specification of a run, shared by all of its checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.model.limits import Limits
from grader.model.patience import Patience


@dataclass(frozen=True)
class RunSpec:
    """The programs of a run and how to run them: the same for all of its checks."""

    folder: Path  # the submission: files under it are the student's own
    files: Mapping[str, Path]  # role -> program, for the roles that were handed in
    python: str
    port: int
    wording: Mapping[str, object]
    seed: int
    names: Mapping[str, str] = field(default_factory=dict)  # role -> the usual name of its file
    terminal: str = "pty"
    limits: Limits = field(default_factory=Limits)
    shown: str = ""  # the folder's name in messages if it was unpacked from an archive; empty: its path
    others: tuple[Path, ...] = ()  # folders of other students, whose programs take part
    patience: Patience = field(default_factory=Patience)

    def home_of(self, program: Path) -> Path:
        """The submission that a program belongs to, or its own folder if it lies in none (named on the command line)."""
        homes = (folder for folder in (self.folder, *self.others) if program.is_relative_to(folder))
        return next(homes, program.parent)
