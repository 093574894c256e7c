"""The files and folders of a class: those in a folder, in an archive, or named one by one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.batch.intake import names
from grader.model.errors import GraderError, UsageError
from grader.submission import archives, files

_MOST = 200_000  # entries in a class's folder


@dataclass
class Contents:
    """The entries directly in a class; `shown` is the root's name in messages."""

    root: Path
    shown: str
    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def named(self, path: Path) -> str:
        """The name of a path in messages."""
        return names.printable(str(Path(self.shown) / path.relative_to(self.root)))


def of(paths: Sequence[Path], scratch: Path) -> Contents:
    """The contents of one folder or archive (unpacked into `scratch`), or several paths. Raises UsageError if unreadable."""
    if not paths:
        raise UsageError("there is nothing to grade: give the folder or the archive of a class.")
    for path in paths:
        try:
            path.stat()
        except FileNotFoundError as error:
            raise UsageError("there is no such file or folder.", about=path) from error
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot be read ({getattr(error, 'strerror', error)}).", about=path) from error
    if len(paths) == 1:
        return inside(paths[0]) if paths[0].is_dir() else _unpacked(paths[0], scratch)
    given = sorted({Path(os.path.abspath(path)) for path in paths})  # noqa: PTH100 - a link keeps its own name
    root = Path(os.path.commonpath([path.parent for path in given]))
    return Contents(
        root, str(root), [path for path in given if path.is_file()], [path for path in given if path.is_dir()]
    )


def inside(folder: Path, shown: str = "") -> Contents:
    """The entries directly in a folder. Raises UsageError if it cannot be read."""
    listed = files.listing(folder, deepest=0, most=_MOST)
    if listed.unreadable:
        raise UsageError(f"cannot be read ({listed.unreadable}).", about=folder)
    if not listed.complete:
        raise UsageError(f"holds more than {_MOST:,} entries; that is no class.", about=folder)
    notes = [f"left out {archives.shown(path.name)}: {why}" for path, why in listed.odd]
    return Contents(folder, shown or str(folder), listed.files, listed.folders, notes)


def _unpacked(path: Path, scratch: Path) -> Contents:
    """The contents of a class's archive, without folders that enclose everything."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="class-", dir=scratch))
    except OSError as error:
        raise GraderError(f"nothing can be unpacked there ({error.strerror})", about=scratch) from error
    notes = archives.unpack(path, folder, archives.CLASS)
    place, here = folder, inside(folder)
    while not here.files and len(here.folders) == 1:
        around = inside(here.folders[0])
        if any(
            file.suffix == ".py" and not names.canvas(file.name) and not names.moodle(file.name)
            for file in around.files
        ):
            break  # a class of a single hand-in
        place, here = here.folders[0], around
    return Contents(place, str(path / place.relative_to(folder)), here.files, here.folders, [*notes, *here.notes])
