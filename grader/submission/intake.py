"""What a path on the command line stands for: a program, a folder, or an archive that is unpacked for as long as it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grader.model.errors import GraderError, UsageError
from grader.model.report import Submission
from grader.model.settings import SETTINGS_FILE
from grader.submission import files
from grader.submission.archives import SUBMISSION, innermost, kind_of_archive, unpack_as, without_ending


@dataclass(frozen=True)
class Intake:
    """A submission that is being graded: the path that was given, and where its files are."""

    path: Path
    place: Path
    shown: str  # what messages call the place
    notes: tuple[str, ...] = ()

    @property
    def unpacked(self) -> bool:
        """Whether the path is an archive, and the place is only there for now."""
        return self.place != self.path

    def file(self, named: Path) -> Path:
        """A file that was named on the command line: of an archive, what has that name in it comes first."""
        if not self.unpacked:
            return named
        for start in (self.shown, self.path):
            if named.is_relative_to(start):
                named = named.relative_to(start)
        within = self.place / named
        return within if ".." not in named.parts and within.exists() else named

    def described(self, found: Submission) -> Submission:
        """What was found in it, in the words of whoever handed it in."""
        if not self.unpacked:
            return found
        return replace(
            found,
            name=without_ending(self.path.name),
            path=str(self.path),
            files={role: self.in_own_words(file) for role, file in found.files.items()},
            notes=(*self.notes, *found.notes),
        )

    def in_own_words(self, text: str) -> str:
        """A text that speaks of the archive in place of the folder it was unpacked to."""
        return text.replace(str(self.place), self.shown)

    @contextlib.contextmanager
    def errors_in_own_words(self) -> Iterator[None]:
        """While this one is graded, errors speak of what was handed in; the first note may explain a UsageError."""
        try:
            yield
        except (UsageError, GraderError) as error:
            caused_by = f" ({self.notes[0]})" if self.notes and isinstance(error, UsageError) else ""
            raise type(error)(self.in_own_words(str(error)) + caused_by) from error


@contextlib.contextmanager
def taken_in(path: Path) -> Iterator[Intake]:
    """Have the files of a submission at hand; UsageError if it is an archive that cannot be taken in."""
    members = kind_of_archive(path)
    if members is None:
        yield Intake(path, path, str(path))
        return
    with files.temporary_folder() as folder:
        notes = unpack_as(path, folder, members, SUBMISSION)
        place = innermost(folder)
        if (place / SETTINGS_FILE).exists():
            notes = (
                *notes,
                f"{SETTINGS_FILE} in the archive was not read: a course's own is beside the archive or above it",
            )
        intake = Intake(path, place, str(path / place.relative_to(folder)), notes)
        with intake.errors_in_own_words():
            yield intake
