"""The copy of a submission in which its programs are run."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from grader.model.errors import GraderError
from grader.submission import files
from grader.submission.reading import LARGEST_PROGRAM, MOST_FILES

LARGEST_COPY = 16 << 20  # bytes copied for each check; with the most files, ten times a large submission
_SMALL, _MOST_SMALL = 64 << 10, 100  # bytes and number of other files copied from a crowded folder, such as settings


def own_copy(folder: Path, target: Path, programs: Collection[Path]) -> Path:
    """Copy a submission for one check, so that servers of different checks never share a file that they lock or write.

    Copied are regular files and folders; links to files or folders of the submission become copies of these. Of a folder
    with much more than a submission (a home directory, say), only files near the programs are copied. Raises GraderError
    when the target cannot be written.
    """
    copied, folders = _worth_copying(folder, programs)
    left = LARGEST_COPY
    try:
        target.mkdir(mode=0o700)
        for place in folders:
            (target / place.relative_to(folder)).mkdir(parents=True, exist_ok=True)
        for file in copied:
            try:
                with files.opened(file, folder) as source:
                    data, mode = source.read(left + 1), os.fstat(source.fileno()).st_mode
            except OSError:  # the program may not need what cannot be read
                continue
            if len(data) > left:
                continue
            left -= len(data)
            copy = target / file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            copy.chmod(mode & 0o777 | 0o600)
    except OSError as error:
        raise GraderError(f"the submission cannot be copied ({error.strerror})") from error
    return target.resolve()


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
