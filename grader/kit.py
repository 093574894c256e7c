"""Laying out the starting kit in a folder: no existing file is overwritten, and no link is followed."""

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
    """The outcome for each file of the kit, and the settings that it was made by."""

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]  # not written: the file was there already
    barred: tuple[str, ...]  # not written: a folder, or a link that leads to no file, has this name
    course: Path | None  # the settings file of a folder above, if any: then the kit's own is not written
    missing: tuple[str, ...]  # usual programs that are not in the folder yet


def lay_out(folder: Path, codelab: Codelab) -> Laid:
    """Write the files of the kit that are missing. Raises UsageError when the folder cannot be made or written to."""
    found = config.find_above(folder)
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
    """A descriptor of the folder, which is made if it does not exist."""
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
    """Create a file; False if an entry of that name exists, even a link that leads nowhere."""
    try:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=place)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except BaseException:
        os.unlink(name, dir_fd=place)  # else half a file would be kept by the next run
        raise
    return True
