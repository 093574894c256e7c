"""Access to a submission by its path: a program, a folder, or an archive, which is unpacked while it is needed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from grader.model.errors import GraderError, UsageError
from grader.model.report import Submission
from grader.model.settings import SETTINGS_FILE
from grader.submission import temporary
from grader.submission.archives import SUBMISSION, innermost, kind_of_archive, unpack_as, without_ending

_UNREAD = (
    f"{SETTINGS_FILE} in the submission was not read: a course's own is in the working directory or above it, or else above "
    "the submission"
)


@dataclass(frozen=True)
class Intake:
    """An accessible submission: its path, and the place where its files are."""

    path: Path
    place: Path
    shown: str  # the place's name in messages
    notes: tuple[str, ...] = ()

    @property
    def unpacked(self) -> bool:
        """Whether the path is an archive, and the place a temporary folder."""
        return self.place != self.path

    @property
    def handed_in(self) -> Path:
        """The folder or the archive that was handed in; of a single program, its folder."""
        with contextlib.suppress(OSError):  # a path that cannot be looked at is reported when it is opened
            return self.path.parent if self.path.is_file() and not self.unpacked else self.path
        return self.path

    def file(self, named: Path) -> Path:
        """The path of a file named on the command line: the file of that name in the archive, if there is one."""
        if not self.unpacked:
            return named
        for start in (self.shown, self.path):
            if named.is_relative_to(start):
                named = named.relative_to(start)
        within = self.place / named
        return within if ".." not in named.parts and within.exists() else named

    def described(self, found: Submission) -> Submission:
        """The submission with paths that name the archive, not the temporary folder."""
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
        """The text with the archive's name in place of the temporary folder."""
        return text.replace(str(self.place), self.shown)

    @contextlib.contextmanager
    def errors_in_own_words(self) -> Iterator[None]:
        """Reword UsageError and GraderError from the block: they name the archive, and a UsageError cites the first note."""
        try:
            yield
        except (UsageError, GraderError) as error:
            because = f" ({self.notes[0]})" if self.notes and isinstance(error, UsageError) else ""
            about = self.in_own_words(error.about)
            raise type(error)(self.in_own_words(error.message) + because, about=about) from error


@contextlib.contextmanager
def taken_in(path: Path) -> Iterator[Intake]:
    """Open a submission; an archive is unpacked for the block. Raises UsageError when it cannot be unpacked."""
    members = kind_of_archive(path)
    if members is None:
        yield Intake(path, path, str(path))
        return
    with temporary.folder() as folder:
        notes = unpack_as(path, folder, members, SUBMISSION)
        place = innermost(folder)
        intake = Intake(path, place, str(path / place.relative_to(folder)), (*notes, *unread_settings([place])))
        with intake.errors_in_own_words():
            yield intake


def unread_settings(places: Iterable[Path], read: Path | None = None) -> tuple[str, ...]:
    """A note on a settings file in the folders of a submission, if there is one and it is not the one that was `read`."""
    own = {os.path.realpath(file) for place in places if os.path.lexists(file := place / SETTINGS_FILE)}
    return (_UNREAD,) if own - {os.path.realpath(read or "")} else ()
