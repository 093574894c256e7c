"""Temporary folders of runs: each is locked while its run lives, so that the next run can remove what a killed one has left.

The lock is an flock(2) on the folder itself. The kernel gives it up when the last process of a run has ended, however it ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.model.errors import GraderError

PREFIX, _SUFFIX = "chatgrade-", ".running"
_OURS = re.compile(rf"{PREFIX}\w{{8}}{re.escape(_SUFFIX)}", re.ASCII)  # as tempfile.mkdtemp fills it in

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a temporary folder and remove it at the end of the block. Raises GraderError when it cannot be made.

    Without a `parent`, which has one of these above it, the folders that killed runs have left are removed first.
    """
    with contextlib.ExitStack() as opened:
        try:
            if parent is None:
                _remove_left_ones(Path(tempfile.gettempdir()))
            made = _locked_folder(opened) if parent is None else Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        except OSError as error:
            raise GraderError(f"no temporary folder can be made ({error.strerror})") from error
        opened.callback(shutil.rmtree, made, ignore_errors=True)  # before its lock is given up
        yield Path(os.path.realpath(made))


def _locked_folder(opened: contextlib.ExitStack) -> Path:
    """A new folder that is locked until `opened` is closed."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=PREFIX, suffix=_SUFFIX))
        try:
            descriptor = os.open(made, _FOLDER)
            opened.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):  # another run takes it for a left one
            continue
        except OSError:  # a file system without locks, where no run removes what another has left
            return made
        if made.exists():
            return made


def _remove_left_ones(place: Path) -> None:
    """Remove the folders of this user's runs that have ended."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if _OURS.fullmatch(entry.name):
                _remove_if_left(Path(entry.path))


def _remove_if_left(place: Path) -> None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        descriptor = os.open(place, _FOLDER)
        opened.callback(os.close, descriptor)
        if os.fstat(descriptor).st_uid == os.getuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its run lives
            shutil.rmtree(place, ignore_errors=True)
