"""What is graded and how: the same for every check of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.model.limits import Limits


@dataclass(frozen=True)
class RunSpec:
    """What is graded and how: the same for every check of a run."""

    folder: Path  # the submission: files under it are the student's own
    files: Mapping[str, Path]  # role -> program; a role that was not handed in is not there
    python: str
    port: int
    wording: Mapping[str, object]
    seed: int
    names: Mapping[str, str] = field(default_factory=dict)  # role -> the usual name of its file
    terminal: str = "pty"
    limits: Limits = field(default_factory=Limits)
    shown: str = ""  # what the folder is called where it is not its path: it was unpacked from an archive
    others: tuple[Path, ...] = ()  # submissions of others, of which programs take part

    def home_of(self, program: Path) -> Path:
        """The submission that a program belongs to; of one that was named on the command line, the folder that it is in."""
        homes = (folder for folder in (self.folder, *self.others) if program.is_relative_to(folder))
        return next(homes, program.parent)
