"""The starting kit, laid out in a folder: nothing that is there is written over, and no link is followed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import config
from grader.model import settings
from grader.model.codelab import Codelab
from grader.model.errors import UsageError


@dataclass(frozen=True)
class Laid:
    """What became of each file of the kit, and by which settings it was made."""

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]  # a file of that name was there
    barred: tuple[str, ...]  # something else was: a folder, or a link that leads to no file
    course: Path | None  # the settings of a folder above, beside which the kit's own would only be in the way
    missing: tuple[str, ...]  # the usual programs, where they are not there yet


def lay_out(folder: Path, codelab: Codelab) -> Laid:
    """Write what is missing of the kit; UsageError if the folder cannot be had or written to."""
    found = config.find(folder)
    course = config.load(found, codelab)
    texts = dict(codelab.kit(codelab, course))
    above = found if found and found.parent.resolve() != folder.resolve() else None
    if above:
        del texts[settings.SETTINGS_FILE]
    try:
        with _opened(folder) as place:
            written = [name for name, text in texts.items() if _created(name, text, place)]
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to ({error.strerror}).") from error
    kept = [name for name in texts if name not in written and (folder / name).is_file()]
    barred = [name for name in texts if name not in (*written, *kept)]
    programs = [name for role, name in course.files.items() if role not in codelab.extras]
    missing = [name for name in programs if not (folder / name).exists()]
    return Laid(folder, tuple(written), tuple(kept), tuple(barred), above, tuple(missing))


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor of the folder, which is made if it is not there."""
    if folder.is_symlink():
        raise UsageError(f"{folder}: is a link to {folder.readlink()}: name that folder itself.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise UsageError(f"{folder}: is not a folder.") from error
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _created(name: str, text: str, place: int) -> bool:
    """Whether the file was written; not where something of that name is, be it a link that leads nowhere."""
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=place)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        os.unlink(name, dir_fd=place)  # half a file would be kept for ever
        raise
    return True
