"""What a student handed in: which files were taken, and why."""

from __future__ import annotations

import hashlib
import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

from grader.errors import UsageError
from grader.report import Submission

_MOST_FILES = 2_000  # entries of a folder that are looked at
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_MOST_COPIED, _LARGEST_COPY = 300, 16 << 20  # entries and bytes of a folder that is copied for each check
_LARGEST = 4 << 20  # bytes of a program: what is larger was not typed by a person


def find(path: Path, names: Mapping[str, str], server: Path | None = None) -> Submission:
    """Find the server in a folder, or take the file given; UsageError that says what is there instead."""
    try:
        path.stat()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file or folder.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    if server is not None:
        beside = path / server
        return _submission(path, _program(server if server.exists() or not beside.exists() else beside), ())
    if path.is_dir():
        found, notes = _server_in(path, names)
        return _submission(path, _program(found), notes)
    if path.suffix.lower() in _ARCHIVES:
        raise UsageError(f"{path}: is an archive; unpack it and give the folder.")
    if path.name == names.get("client"):
        raise UsageError(f"{path}: is the client; give the folder that holds {names['server']}, or that file.")
    return _submission(path, _program(path), ())


def own_copy(folder: Path, target: Path) -> Path:
    """A copy of the submission for one check: two servers that lock or write a file in it must not meet.

    A folder that holds much more than a submission (somebody's home, say) is used as it is.
    """
    paths = list(itertools.islice(folder.rglob("*"), _MOST_COPIED + 1))
    try:
        if len(paths) > _MOST_COPIED or sum(path.stat().st_size for path in paths if path.is_file()) > _LARGEST_COPY:
            return folder
        shutil.copytree(folder, target, symlinks=True, ignore=shutil.ignore_patterns(".*", "__pycache__", "venv"))
    except (OSError, shutil.Error):  # something in it cannot be read or is no file: the program may not need it
        return folder
    return target.resolve()


def _server_in(folder: Path, names: Mapping[str, str]) -> tuple[Path, tuple[str, ...]]:
    wanted = names["server"]
    programs = _programs_in(folder)
    here = [program for program in programs if program.name == wanted]
    direct = [program for program in here if program.parent == folder]
    if direct:
        return direct[0], ()
    if len(here) == 1:
        return here[0], (f"took {here[0].relative_to(folder)}, the only {wanted} in the folder",)
    if here:
        listed = ", ".join(str(program.relative_to(folder)) for program in here[:5])
        raise UsageError(f"{folder}: holds several {wanted} ({listed}); give one of them.")
    if programs:
        listed = ", ".join(str(program.relative_to(folder)) for program in programs[:5])
        more = f" and {len(programs) - 5} more" if len(programs) > 5 else ""
        raise UsageError(
            f"{folder}: there is no {wanted} in it, but {listed}{more}; name the server with --server {programs[0]}."
        )
    raise UsageError(f"{folder}: there is no {wanted} in it, and no other Python program.")


def _programs_in(folder: Path) -> list[Path]:
    """Python files in the folder and in its folders, nearest first; hidden ones and libraries are none of the student's."""
    try:
        nearby = itertools.islice(
            itertools.chain(folder.glob("*.py"), folder.glob("*/*.py"), folder.glob("*/*/*.py")), _MOST_FILES
        )
        found = [path for path in nearby if path.is_file() and not _foreign(path.relative_to(folder))]
        list(folder.iterdir())  # glob is silent about a folder that may not be read
    except OSError as error:
        raise UsageError(f"{folder}: cannot be read ({error.strerror}).") from error
    return sorted(found, key=lambda path: (len(path.parts), str(path)))


def _foreign(relative: Path) -> bool:
    return any(
        part.startswith(".") or part in ("__pycache__", "__MACOSX", "site-packages", "venv") for part in relative.parts
    )


def _program(path: Path) -> Path:
    """The file, if it can be a Python program at all."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: is not a file.")
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(data) > _LARGEST:
        raise UsageError(f"{path}: is larger than {_LARGEST >> 20} MB; that is not a program that somebody wrote.")
    if b"\0" in data[:4096]:
        raise UsageError(f"{path}: is not a Python program, but a binary file.")
    if not data.strip():
        raise UsageError(f"{path}: is empty.")
    return path


def _submission(path: Path, server: Path, notes: tuple[str, ...]) -> Submission:
    folder = path.resolve() if path.is_dir() else server.resolve().parent
    digest = hashlib.sha256(server.read_bytes()).hexdigest()
    return Submission(folder.name or str(folder), str(path), f"sha256:{digest}", {"server": str(server)}, notes)
