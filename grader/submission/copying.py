"""The copy of a submission in which its programs are run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from grader.model.errors import GraderError
from grader.submission import files
from grader.submission.reading import LARGEST_DOCUMENT, LARGEST_PROGRAM, MOST_FILES

LARGEST_COPY = 16 << 20  # bytes copied for each check; with the most files, ten times a large submission
_SMALL, _MOST_SMALL = 64 << 10, 100  # bytes and number of other files copied from a crowded folder, such as settings


def own_copy(folder: Path, target: Path, programs: Collection[Path]) -> Path:
    """Copy a submission for one check, so that servers of different checks never share a file that they lock or write.

    Copied are regular files and folders; links to files or folders of the submission become copies of these. Of a folder
    with much more than a submission (a home directory, say), only files near the programs are copied. Raises GraderError
    when the target cannot be written.
    """
    copied, folders = _worth_copying(folder, programs)
    try:
        target.mkdir(mode=0o700)
        for place in folders:
            (target / place.relative_to(folder)).mkdir(parents=True, exist_ok=True)
        for content in _read(folder, copied):
            copy = target / content.file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content.data)
            copy.chmod(content.mode & 0o777 | 0o600)
    except OSError as error:
        raise GraderError(f"the submission cannot be copied ({error.strerror})") from error
    return target.resolve()


class Content(NamedTuple):
    """A file of a submission, its bytes and its mode."""

    file: Path
    data: bytes
    mode: int


def counted(folder: Path, programs: Collection[Path]) -> Iterator[Content]:
    """The files on which verdicts may depend: those that `own_copy` copies, and the documents beside them."""
    copied, _ = _worth_copying(folder, programs)
    near = [file for file in files.listing(folder, deepest=0).files if _size(file) <= LARGEST_DOCUMENT]
    return _read(folder, dict.fromkeys((*copied, *near)))


def _read(folder: Path, chosen: Iterable[Path]) -> Iterator[Content]:
    """The contents of these files, LARGEST_COPY in all; what cannot be read is left out, as a program may not need it."""
    left = LARGEST_COPY
    for file in chosen:
        try:
            with files.opened(file, folder) as source:
                state = os.fstat(source.fileno())
                data = source.read(left + 1) if state.st_size <= left else None
        except OSError:
            continue
        if data is not None and len(data) <= left:
            left -= len(data)
            yield Content(file, data, state.st_mode)


def is_copied_whole(found: files.Listing) -> bool:
    """Whether `own_copy` copies all files of a folder: they are no more than a submission may have."""
    return found.complete and len(found.files) <= MOST_FILES and sum(map(_size, found.files)) <= LARGEST_COPY


def _worth_copying(folder: Path, programs: Collection[Path]) -> tuple[list[Path], list[Path]]:
    """The files and folders to copy: all of a submission; of a crowded folder, the programs, sources and small files near."""
    whole = files.listing(folder)
    if is_copied_whole(whole):
        return list(dict.fromkeys((*programs, *whole.files))), whole.folders
    sources, small, folders = [], [], []
    for home in dict.fromkeys(program.parent for program in programs):
        near = whole if home == folder else files.listing(home)
        sources += [file for file in near.files if file.suffix == ".py" and _size(file) <= LARGEST_PROGRAM]
        small += [file for file in _directly_in(home, near.files) if _size(file) <= _SMALL]
        folders += _directly_in(home, near.folders)
    return list(dict.fromkeys((*programs, *sources, *small[:_MOST_SMALL])))[:MOST_FILES], folders[:_MOST_SMALL]


def _directly_in(folder: Path, paths: list[Path]) -> list[Path]:
    return [path for path in paths if path.parent == folder]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
