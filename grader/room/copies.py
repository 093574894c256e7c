"""The copies of a submission that are run in place of the files that were handed in."""

from __future__ import annotations

from pathlib import Path

from grader.diagnosis import cause
from grader.diagnosis.own_code import OwnCode
from grader.model.errors import CheckFailed
from grader.model.setup import RunSpec
from grader.programs.program import Program
from grader.submission.copying import own_copy


class Copies:
    """A copy of each folder that holds a program, made for one check, so that no two checks share a file."""

    def __init__(self, setup: RunSpec, home: Path) -> None:
        """Copy each folder into a folder of its own in `home`; at full isolation its programs see nothing else of `home`."""
        self._setup = setup
        homes = {setup.home_of(file): role for role, file in setup.files.items()} | {setup.folder: "submission"}
        self._copies = {
            folder: own_copy(folder, home / name, self._programs_of(folder)) for folder, name in homes.items()
        }

    def _programs_of(self, folder: Path) -> list[Path]:
        return [file for file in self._setup.files.values() if self._setup.home_of(file) == folder]

    def require(self, role: str) -> Path:
        """The file that was handed in for this role. Raises CheckFailed when there is none."""
        file = self._setup.files.get(role)
        if file is None:
            raise CheckFailed(cause.not_handed_in(role, self._setup.names.get(role, role)))
        return file

    def program(self, role: str) -> Path:
        """The copy of this role's program. Raises CheckFailed when none was handed in."""
        file = self.require(role)
        home = self._setup.home_of(file)
        return self._copies[home] / file.relative_to(home)

    def source_of(self, program: Program) -> OwnCode:
        """The source files that belong to this program."""
        homes = ((copy, folder) for folder, copy in self._copies.items() if program.file.is_relative_to(copy))
        copy, folder = next(homes)
        return OwnCode(copy, program.file.parent, folder)

    def with_own_paths(self, text: str) -> str:
        """The text, with paths of copies replaced by those of the files that were handed in."""
        for folder, copy in self._copies.items():
            shown = self._setup.shown if folder == self._setup.folder else ""
            text = text.replace(str(copy), shown or str(folder))
        return text
