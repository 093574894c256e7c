"""The files on which a submission's verdicts may depend: their state at one moment, and notice of their changes.

Rather too much counts than too little: every file that a check's copy of the submission may hold, and every chatgrade.toml that
may apply. Folders are watched, each by itself, those above the submission among them: there it shows when a file is renamed
into place, or a folder deleted and made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch
from watchfiles.main import FileChange

from grader.model.settings import SETTINGS_FILE
from grader.submission import files, temporary
from grader.submission.copying import LARGEST_COPY, is_copied_whole

_PATTERNS = DefaultFilter.ignore_entity_patterns  # swap files and backups of editors, what compilers make
_OF_TOOLS = DefaultFilter(ignore_entity_patterns=[*_PATTERNS, "^#.*#$", r"\.log$"])  # a log is written, and not read
_DEBOUNCE = 200  # milliseconds; the longest delay of a notice, however busy the folders above are


@dataclass(frozen=True)
class Saved:
    """The state of all files that matter, at one moment."""

    roots: frozenset[Path]  # folders that a check may get a copy of
    ways: frozenset[Path]  # all parts of the paths to roots and named files; a change of one changes them
    own: frozenset[Path]  # files that this process itself writes
    folders: frozenset[Path]  # folders to watch
    stamps: tuple[object, ...]  # differ after each write, even of the same content
    digest: str  # differs only with the content

    def matters(self, change: Change, name: str) -> bool:
        """Whether this change may change a verdict."""
        path = Path(name)
        if change is Change.modified and path in self.folders:
            return False  # each change in it comes as a change of its own
        if path.name == SETTINGS_FILE or path in self.ways:
            return True
        return path not in self.own and any(path.is_relative_to(root) and counts(path, root) for root in self.roots)


class Place:
    """The path of a submission, with everything that counts as part of it."""

    def __init__(self, path: Path, programs: Iterable[Path] = (), settings: Path | None = None) -> None:
        """`programs` and `settings` are files named on the command line beside the path."""
        self._path, self._is_folder = path, path.is_dir()
        self._programs = [file for program in programs for file in (program, path / program)]
        self._named = [*self._programs, *([settings] if settings else [])]

    def look(self) -> Saved:
        """The state now. A file that cannot be read counts by the reason why."""
        roots = self._roots()
        ways = {step for place in (self._path, *self._named, *roots, *_settings_here()) for step in _ways(place)}
        folders = roots | {step.parent for step in ways}
        found = [folder / SETTINGS_FILE for folder in sorted(folders)] + self._named
        irregular: list[str] = []  # folders, also empty ones, and irregular files
        for root in sorted(roots):
            listed = _counted(root)
            found += listed.files
            folders.update(listed.folders)
            irregular += [listed.unreadable, *map(str, listed.folders)]
            irregular += [f"{path}: {kind}" for path, kind in listed.odd]
        stamps = {file: _stamp(file) for file in dict.fromkeys(found)}
        own = {file for file, stamp in stamps.items() if stamp and stamp[:2] in _outputs()}
        stamps = {file: stamp for file, stamp in stamps.items() if stamp and file not in own}
        return Saved(
            frozenset(roots), frozenset(ways), frozenset(own),
            frozenset(folder for folder in folders if os.access(folder, os.R_OK | os.X_OK)),
            (*stamps.items(), *irregular), _digest(stamps, irregular),
        )  # fmt: skip

    def _roots(self) -> set[Path]:
        path = Path(os.path.realpath(self._path))  # Path.resolve raises for links in a circle
        beside = {Path(os.path.realpath(file)).parent for file in self._programs if file.is_file()}
        roots = {path if self._is_folder else path.parent, *beside}
        around = Path(os.path.commonpath(roots))
        return {around} if around not in roots and is_copied_whole(files.listing(around)) else roots


def counts(path: Path, root: Path) -> bool:
    """Whether a file or folder in `root` may be part of a submission: no file of tools or editors, no log, none of ours."""
    within = path.relative_to(root)
    if any(files.foreign(part) for part in within.parts) or not _OF_TOOLS(Change.modified, str(within)):
        return False
    around = Path(os.path.realpath(tempfile.gettempdir()))
    ours = around.is_relative_to(root) and path.is_relative_to(around)
    return not (ours and str(path.relative_to(around)).startswith(temporary.PREFIX))


def _counted(root: Path) -> files.Listing:
    """The contents of a folder that count."""
    listed = files.listing(root)
    return replace(
        listed,
        files=[file for file in listed.files if counts(file, root)],
        folders=[folder for folder in listed.folders if counts(folder, root)],
        odd=[(path, kind) for path, kind in listed.odd if counts(path, root)],
    )


def _settings_here() -> Iterator[Path]:
    """The settings file that there may be in the working directory; those above it lie on its way."""
    with contextlib.suppress(OSError):  # the working directory is gone
        yield Path.cwd() / SETTINGS_FILE


def _ways(place: Path) -> Iterator[Path]:
    """A path and its parents, each by its name in its real folder: if it is a link, the link itself may change."""
    for step in (place.absolute(), *place.absolute().parents):
        if step.name:
            yield Path(os.path.realpath(step.parent), step.name)


def _outputs() -> list[tuple[int, int]]:
    states = (os.fstat(stream.fileno()) for stream in (sys.__stdout__, sys.__stderr__) if stream)
    return [(state.st_dev, state.st_ino) for state in states]


def _stamp(file: Path) -> tuple[int, ...]:
    """A value that differs after each write; empty for a missing file."""
    try:
        state = file.stat()
    except OSError:
        return ()
    return state.st_dev, state.st_ino, state.st_mode, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _digest(stamps: dict[Path, tuple[int, ...]], irregular: list[str]) -> str:
    digest, left = hashlib.sha256(repr(irregular).encode()), LARGEST_COPY
    for file, stamp in stamps.items():
        try:
            data = files.read(file, left + 1)
        except OSError as error:
            data = str(error.strerror).encode()
        if len(data) > left:  # larger than a check's copy may be: only the write counts
            data = repr(stamp).encode()
        else:
            left -= len(data)
        digest.update(f"{file!r} {stamp[2]} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()


@contextlib.contextmanager
def awaited(saved: Saved) -> Iterator[Connection]:
    """Watch these folders: after the next change that matters, the connection holds the name of a changed file.

    On file systems without notices, or with too many folders, nothing may ever come: the caller must also look by itself.
    """
    receiver, sender = Pipe(duplex=False)
    stop = threading.Event()
    thread = threading.Thread(target=_tell, args=(sender, saved, stop))
    thread.start()
    try:
        receiver.recv()
        yield receiver
    finally:
        stop.set()
        thread.join()
        receiver.close()
        sender.close()


def _tell(pipe: Connection, saved: Saved, stop: threading.Event) -> None:
    """Send an empty text when everything is watched, then the name of the first change that matters."""
    begun = False
    changes: set[FileChange]
    with contextlib.suppress(OSError, RuntimeError):  # a folder is gone by now, or the system's watches are used up
        for changes in watch(
            *saved.folders, watch_filter=None, debounce=_DEBOUNCE, stop_event=stop, rust_timeout=1, yield_on_timeout=True,
            recursive=False,
        ):  # fmt: skip
            if not begun:
                pipe.send("")
                begun = True
            if names := [name for change, name in changes if saved.matters(change, name)]:
                pipe.send(min(names, key=lambda name: (not Path(name).is_file(), name)))  # a file that exists was saved
                return
    if not begun:
        pipe.send("")
