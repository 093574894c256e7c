"""Opens a hand-in as the folder that is graded, with the files' original names.

A folder is used in its place. Flat files and archives are laid out in a folder of our own, in the
scratch folder; nothing is written elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from grader.batch.intake.layouts import NOTHING, Handed
from grader.model.errors import GraderError, UsageError
from grader.submission import archives, files, temporary
from grader.submission.copying import own_copy
from grader.submission.intake import Intake, unread_settings
from grader.submission.reading import source_of

_MOST_ARCHIVES = 5  # per hand-in


@contextlib.contextmanager
def opened(handed: Handed, scratch: Path) -> Iterator[Intake]:
    """Open a hand-in within the block: its `place` is the folder to grade. Raises UsageError if that fails.

    Messages name it by its key, as students who read them must not see paths of this machine.
    """
    handed = replace(handed, shown=handed.entry.key)
    if NOTHING in handed.entry.notes:
        raise UsageError(f"{NOTHING}.", about=handed.shown)
    with temporary.folder(scratch) as folder:
        intake = _folder(handed, folder) if not handed.files and handed.path.is_dir() else _flat(handed, folder)
        intake = replace(intake, notes=(*intake.notes, *unread_settings([intake.place])))
        with intake.errors_in_own_words():
            yield intake


def _folder(handed: Handed, folder: Path) -> Intake:
    listed = files.listing(handed.path)
    packed = [file for file in listed.files if file.parent == handed.path and archives.named_as_archive(file.name)]
    if not packed:
        return Intake(Path(handed.shown), handed.path, handed.shown)
    programs = [file for file in listed.files if file.suffix == ".py"]
    place = own_copy(handed.path, folder / "files", programs)
    for file in packed:
        (place / file.name).unlink(missing_ok=True)
    return _with_archives(handed, folder, place, [(file, file.name) for file in packed], [])


def _flat(handed: Handed, folder: Path) -> Intake:
    """The files under their original names; an archive that is the whole hand-in counts as a file."""
    place = folder / "files"
    place.mkdir(mode=0o700)
    notes, packed, room = [], [], archives.LARGEST_TOTAL
    for source, name in handed.files or [(handed.path, handed.path.name)]:
        if archives.named_as_archive(name):
            packed.append((source, name))
            continue
        try:
            data = files.read(source, room + 1)
            if len(data) > room:
                raise OSError(errno.EFBIG, "too large")
        except OSError as error:
            notes.append(f"left out {archives.shown(name)}: {error.strerror}")
            continue
        room -= len(data)
        try:
            (place / name).write_bytes(data)
        except OSError as error:
            raise GraderError(f"{name} cannot be written ({error.strerror})", about=handed.shown) from error
    return _with_archives(handed, folder, place, packed, notes)


def _with_archives(
    handed: Handed, folder: Path, place: Path, packed: Sequence[tuple[Path, str]], notes: list[str]
) -> Intake:
    """The hand-in with each archive unpacked into a folder of its own; an only archive is the hand-in itself."""
    alone = len(packed) == 1 and not any(place.iterdir())
    notes += [f"left out {archives.shown(name)}: too many archives" for _, name in packed[_MOST_ARCHIVES:]]
    for count, (source, name) in enumerate(packed[:_MOST_ARCHIVES]):
        target = folder / f"archive-{count}"
        target.mkdir(mode=0o700)
        try:
            notes += archives.unpack(source, target)
        except UsageError as error:
            why = error.beside(source)
            if alone:
                message = why if source == handed.path else f"{archives.shown(name)} {why}"
                raise UsageError(f"{message}", about=handed.shown) from error
            notes.append(f"left out {archives.shown(name)}: {why}")
            continue
        inner = archives.innermost(target)
        if alone:
            place = inner
        else:
            stem = archives.without_ending(name)
            into = place / (f"{stem} unpacked" if (place / stem).exists() else stem)
            shutil.move(inner, into)
            notes += _candidates(place, into, name)
    return Intake(Path(handed.shown), place, handed.shown, tuple(notes))


def _candidates(place: Path, unpacked: Path, name: str) -> Iterator[str]:
    """Notes on programs of equal names but different contents in an archive and beside it."""
    for program in files.listing(unpacked).files:
        beside = place / program.name
        if program.suffix == ".py" and beside.is_file() and source_of(beside) != source_of(program):
            yield f"{program.name} lies beside {archives.shown(name)}, and another in it: the one beside it counts"
