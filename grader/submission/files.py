"""Safe listing and reading of files that strangers made.

Nothing here waits for a pipe, opens a device, or follows a link out of its folder; and all sizes and counts have limits.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

MOST_SEEN = 5_000  # entries of a listing, nearest first: a tenth of a second
DEEPEST = 10  # folders within folders: no program lies deeper, and circular links end here
_NOT_THE_STUDENTS = ("__pycache__", "__MACOSX", "site-packages", "venv")


def foreign(name: str) -> bool:
    """Whether an entry of this name is not the student's work: hidden, made by tools, or a library."""
    return name.startswith(".") or name in _NOT_THE_STUDENTS


def opened(path: Path, within: Path | None = None) -> BinaryIO:
    """Open a regular file for reading. Raises OSError for any other kind, and for a link that leads out of `within`."""
    real = os.path.realpath(path)
    if within is not None and not Path(real).is_relative_to(os.path.realpath(within)):
        raise OSError(errno.EPERM, "a link that leads out of the folder", str(path))
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read(path: Path, most: int, within: Path | None = None) -> bytes:
    """The first `most` bytes of a regular file at most. Raises OSError as `opened` does."""
    with opened(path, within) as file:
        return file.read(most)


@dataclass
class Listing:
    """The contents of a folder, nearest first."""

    files: list[Path] = field(default_factory=list)  # regular files, and links to such in the same folder
    folders: list[Path] = field(default_factory=list)
    odd: list[tuple[Path, str]] = field(default_factory=list)  # other entries, each with its kind in words
    complete: bool = True  # False if there are more entries than were listed
    unreadable: str = ""  # why the folder itself could not be listed


def listing(folder: Path, deepest: int = DEEPEST, most: int = 0) -> Listing:
    """List a folder and the folders in it, without `foreign` entries; of more than `most` entries (MOST_SEEN) the nearest.

    A link counts as its target, if that lies in the folder, too. Other file systems in it are not entered.
    """
    root = Path(os.path.realpath(folder))
    found = Listing()
    left = most or MOST_SEEN
    for place in itertools.chain([folder], found.folders):  # the list grows meanwhile, nearest folders first
        if len(place.parts) - len(folder.parts) > deepest:
            break
        try:
            here = _entries(place, left + 1)
        except OSError as error:
            if place == folder:
                found.unreadable = error.strerror or str(error)
            continue  # the program cannot list it either
        found.complete = found.complete and len(here) <= left
        for entry in here[:left]:
            _sort_in(entry, root, found)
        left -= len(here[:left])
    return found


def _entries(folder: Path, most: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(itertools.islice(entries, most), key=lambda entry: entry.name)


def _sort_in(entry: os.DirEntry[str], root: Path, found: Listing) -> None:
    if foreign(entry.name):
        return
    try:
        _sort(entry, root, found)
    except OSError as error:  # for instance a link with too long a name, or into a closed folder
        found.odd.append((Path(entry.path), error.strerror or "it cannot be looked at"))


def _sort(entry: os.DirEntry[str], root: Path, found: Listing) -> None:
    path = Path(entry.path)
    if entry.is_symlink():
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(root):
            found.odd.append((path, "a link that leads out of the folder"))
            return
        if Path(os.path.realpath(path.parent)).is_relative_to(real):
            return  # a circular link
        if not real.exists():
            found.odd.append((path, "a link that leads nowhere"))
            return
    if entry.is_file():
        found.files.append(path)
    elif not entry.is_dir():
        found.odd.append((path, "not a regular file"))
    elif not path.is_mount():
        found.folders.append(path)
