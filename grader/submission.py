"""What a student handed in: which files were taken, and why."""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from grader.codelab import Extra
from grader.errors import UsageError
from grader.report import Submission

_MOST_FILES = 2_000  # entries of a folder that are looked at
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_MOST_COPIED, _LARGEST_COPY = 300, 16 << 20  # entries and bytes of a folder that is copied for each check
_MOST_LISTED = 5  # programs that are named in one sentence
_LARGEST = 4 << 20  # bytes of a program: what is larger was not typed by a person


def find(
    path: Path,
    names: Mapping[str, str],
    given: Mapping[str, Path] | None = None,
    extras: Mapping[str, Extra] | None = None,
    asked_for: Collection[str] = (),
) -> Submission:
    """Find the programs in a folder, or take the file given; UsageError that says what is there instead.

    `names` maps a role (server, client) to the usual name of its file, `given` to a file that was named on the command line.
    The roles in `extras` may be left out. `asked_for` are the roles to name where nothing is found, else the usual ones.
    """
    try:
        path.stat()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such file or folder.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    files = {
        role: _program(file if file.exists() or not (path / file).exists() else path / file)
        for role, file in (given or {}).items()
    }
    if path.is_dir():
        found, notes = _programs_by_role(path, names, files, extras or {}, asked_for)
        taken = {**found, **files}
        return _submission(path, {role: _program(taken[role]) for role in names if role in taken}, notes)
    if path.suffix.lower() in _ARCHIVES:
        raise UsageError(f"{path}: is an archive; unpack it and give the folder.")
    role = next((role for role, name in names.items() if name == path.name), "server")
    if not any(role.endswith(one) for one in files):
        files[role] = _program(path)
    return _submission(path, files, ())


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


def _programs_by_role(
    folder: Path,
    names: Mapping[str, str],
    given: Mapping[str, Path],
    extras: Mapping[str, Extra],
    asked_for: Collection[str],
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The program of each role that is not given; UsageError if there is none at all."""
    programs = _programs_in(folder)
    found: dict[str, Path] = {}
    notes: list[str] = []
    extra_programs: list[Path] = []
    for role, extra in extras.items():
        candidates = _extra_programs(folder, programs, names[role], names[extra.like], extra)
        extra_programs += candidates
        if candidates and role not in given:
            found[role] = candidates[0]
            if candidates[0] != folder / names[role] or candidates[1:]:
                notes.append(_what_was_taken(folder, role, candidates, extra.like))
    usual = {role: name for role, name in names.items() if role not in extras}
    beside = [program for program in programs if program not in extra_programs]
    programs = [one for one in beside if not any(_plain_name(one.parent) in extra.folders for extra in extras.values())]
    for role, wanted in usual.items():
        here = [program for program in programs if program.name == wanted and role not in given]
        if not here:
            taken = {file.resolve() for file in given.values()}
            others = [one for one in programs if one.name not in names.values() and one.resolve() not in taken]
            if others and role not in given:
                listed = ", ".join(str(program.relative_to(folder)) for program in others[:_MOST_LISTED])
                notes.append(f"there is no {wanted}, but {listed}: if that is the {role}, name it with --{role}")
            continue
        if here[0].parent != folder and len(here) > 1:
            listed = ", ".join(str(program.relative_to(folder)) for program in here[:_MOST_LISTED])
            raise UsageError(f"{folder}: holds several {wanted} ({listed}); give one of them.")
        found[role] = here[0]
        if here[0].parent != folder:
            notes.append(f"took {here[0].relative_to(folder)}, the only {wanted} in the folder")
    if not found and not given:
        sought = [name for role, name in names.items() if role in (asked_for or usual)]
        raise UsageError(_nothing_found(folder, sought, programs))
    return found, tuple(notes)


def _extra_programs(folder: Path, programs: list[Path], name: str, usual_name: str, extra: Extra) -> list[Path]:
    """The programs that may be meant for a role that may be left out, the plainest sign first."""

    def by_name(program: Path) -> bool:
        stem = _plain_name(program.with_suffix(""))
        return program.name != usual_name and extra.like in stem and any(word in stem for word in extra.words)

    def in_folder(program: Path) -> bool:
        return program.parent != folder and _plain_name(program.parent) in extra.folders

    signs: list[Callable[[Path], bool]] = [
        lambda program: program.name == name,
        lambda program: in_folder(program) and program.name == usual_name,
        lambda program: in_folder(program) and extra.like in program.stem.lower(),
        by_name,
    ]
    return list(dict.fromkeys(program for sign in signs for program in programs if sign(program)))


def _what_was_taken(folder: Path, role: str, candidates: list[Path], like: str) -> str:
    """The note on the first of these, which was taken, and on the others, which were not."""
    taken, *others = (str(program.relative_to(folder)) for program in candidates)
    note = f"took {taken} for the {role.replace('_', ' ')}"
    if not others:
        return note
    more = f" and {len(others) - _MOST_LISTED} more" if len(others) > _MOST_LISTED else ""
    settings = " or [files] in chatgrade.toml" if len({program.name for program in candidates}) > 1 else ""
    return (
        f"{note}, not {', '.join(others[:_MOST_LISTED])}{more}; to take another, "
        f"grade its task alone with --{like} FILE{settings}"
    )


def _plain_name(path: Path) -> str:
    """The name in lower case, without blanks, dashes and underscores."""
    return re.sub(r"[\s_-]", "", path.name.lower())


def source_matches(program: Path, pattern: str) -> bool:
    """Whether a pattern stands in a program, or in one beside it."""
    wanted = re.compile(pattern.encode())
    files = itertools.islice(program.parent.glob("*.py"), _MOST_COPIED)
    return any(wanted.search(file.read_bytes()[:_LARGEST]) for file in (program, *files) if file.is_file())


def _nothing_found(folder: Path, names: list[str], programs: list[Path]) -> str:
    wanted = " and no ".join(names)
    if not programs:
        return f"{folder}: there is no {wanted} in it, and no other Python program."
    listed = ", ".join(str(program.relative_to(folder)) for program in programs[:_MOST_LISTED])
    more = f" and {len(programs) - _MOST_LISTED} more" if len(programs) > _MOST_LISTED else ""
    return (
        f"{folder}: there is no {wanted} in it, but {listed}{more}; name the server with --server {programs[0]}, "
        "the client with --client."
    )


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


def _submission(path: Path, files: Mapping[str, Path], notes: tuple[str, ...]) -> Submission:
    folder = path.resolve() if path.is_dir() else next(iter(files.values())).resolve().parent
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files.values())).hexdigest()
    taken = {role: str(file) for role, file in files.items()}
    return Submission(folder.name or str(folder), str(path), f"sha256:{digest}", taken, notes)
