"""Finding the programs of a submission: which file plays which role, and why."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from itertools import chain
from pathlib import Path

from grader.model.codelab import OptionalProgram
from grader.model.errors import UsageError
from grader.model.report import Submission
from grader.submission import files
from grader.submission.reading import LARGEST_PROGRAM, source_of

_MOST_LISTED = 5  # programs that are named in one sentence
_MOST_NOTES = 5  # about files left out


def find(
    path: Path,
    names: Mapping[str, str],
    given: Mapping[str, Path] | None = None,
    extras: Mapping[str, OptionalProgram] | None = None,
    asked_for: Collection[str] = (),
) -> Submission:
    """The submission at a path: the programs in a folder, or a single file.

    `names` maps a role (server, client) to the usual name of its file, `given` to a file named on the command line. The
    roles in `extras` are optional. The error about an empty folder names the roles `asked_for`, by default the usual ones.
    Raises UsageError, with the files found instead, when there is no program or the choice is not clear.
    """
    try:
        path.stat()
    except FileNotFoundError as error:
        raise UsageError("there is no such file or folder.", about=path) from error
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror}).", about=path) from error
    named = {
        role: _program(file) if file.exists() or not (path / file).exists() else _program(path / file, path)
        for role, file in (given or {}).items()
    }
    if path.is_dir():
        found, notes = _programs_by_role(path, names, named, extras or {}, asked_for)
        programs = {**found, **named}
        return _submission(path, {role: _program(programs[role]) for role in names if role in programs}, notes)
    role = next((role for role, name in names.items() if name == path.name), "server")
    if not any(role.endswith(named_role) for named_role in named):
        named[role] = _program(path)
    return _submission(path, named, ())


def _programs_by_role(
    folder: Path,
    names: Mapping[str, str],
    given: Mapping[str, Path],
    extras: Mapping[str, OptionalProgram],
    asked_for: Collection[str],
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The program of each role that was not named, and notes. Raises UsageError when there is no program at all."""
    programs, notes = _programs_in(folder)
    candidates = {
        role: _extra_programs(folder, programs, names[role], names[extra.like], extra) for role, extra in extras.items()
    }
    programs = _of_no_extra(programs, candidates, extras)
    others = _of_other_names(programs, names, given)
    usual = [role for role in names if role not in extras]
    choices = {
        role: _extra_program(folder, role, names[role], candidates[role], extras[role].like)
        if role in extras
        else _usual_program(folder, role, names[role], programs, others)
        for role in (*extras, *usual)
        if role not in given
    }
    found = {role: program for role, (program, _) in choices.items() if program}
    notes += [note for _, note in choices.values() if note]
    if found or given:
        return found, tuple(notes)
    nothing = _nothing_found(folder, names, asked_for or usual, programs)
    raise UsageError(" ".join([nothing, *map("({})".format, notes)]), about=folder)


def _of_no_extra(
    programs: list[Path], candidates: Mapping[str, list[Path]], extras: Mapping[str, OptionalProgram]
) -> list[Path]:
    """The programs that are no candidates for optional roles, neither by name nor by folder."""
    claimed = set(chain.from_iterable(candidates.values()))
    folders = set(chain.from_iterable(extra.folders for extra in extras.values()))
    return [program for program in programs if program not in claimed and _plain_name(program.parent) not in folders]


def _of_other_names(programs: list[Path], names: Mapping[str, str], given: Mapping[str, Path]) -> list[Path]:
    """The programs without a usual name that were not named on the command line."""
    named = {file.resolve() for file in given.values()}
    return [program for program in programs if program.name not in names.values() and program.resolve() not in named]


def _usual_program(
    folder: Path, role: str, name: str, programs: list[Path], others: list[Path]
) -> tuple[Path | None, str]:
    """The program of a usual role, if there is one, and a note or "". Raises UsageError when several have its name."""
    here = [program for program in programs if program.name == name]
    if not here and not others:
        return None, ""
    if not here:
        return None, f"there is no {name}, but {_listed(folder, others)}: if that is the {role}, name it with --{role}"
    if here[0].parent == folder:
        return here[0], ""
    if len({file.resolve() for file in here}) > 1:
        raise UsageError(f"holds several {name} ({_listed(folder, here)}); give one of them.", about=folder)
    return here[0], f"took {here[0].relative_to(folder)}, the only {name} in the folder"


def _listed(folder: Path, programs: list[Path]) -> str:
    return ", ".join(str(program.relative_to(folder)) for program in programs[:_MOST_LISTED])


def _extra_programs(
    folder: Path, programs: list[Path], name: str, usual_name: str, extra: OptionalProgram
) -> list[Path]:
    """The candidates for an optional role, the most likely first."""

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


def _extra_program(folder: Path, role: str, name: str, candidates: list[Path], like: str) -> tuple[Path | None, str]:
    """The first candidate for an optional role, if there is one, and a note unless the choice is plain."""
    if not candidates:
        return None, ""
    return candidates[0], "" if candidates == [folder / name] else _what_was_taken(folder, role, candidates, like)


def _what_was_taken(folder: Path, role: str, candidates: list[Path], like: str) -> str:
    """The note that the first candidate was chosen, and the others were not."""
    chosen, *others = (str(program.relative_to(folder)) for program in candidates)
    note = f"took {chosen} for the {role.replace('_', ' ')}"
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


def _nothing_found(folder: Path, names: Mapping[str, str], roles: Collection[str], programs: list[Path]) -> str:
    wanted = " and no ".join(name for role, name in names.items() if role in roles)
    if not programs:
        return f"there is no {wanted} in it, and no other Python program."
    more = f" and {len(programs) - _MOST_LISTED} more" if len(programs) > _MOST_LISTED else ""
    return (
        f"there is no {wanted} in it, but {_listed(folder, programs)}{more}; "
        f"name the server with --server {programs[0]}, the client with --client."
    )


def _programs_in(folder: Path) -> tuple[list[Path], list[str]]:
    """The Python files in a folder and in its folders, nearest first; and notes on other entries called `*.py`."""
    found = files.listing(folder, deepest=2)
    if found.unreadable:
        raise UsageError(f"cannot be read ({found.unreadable}).", about=folder)
    programs = [path for path in found.files if path.suffix == ".py"]
    odd = [f"left out {path.relative_to(folder)}: {why}" for path, why in found.odd if path.suffix == ".py"]
    return sorted(programs, key=lambda path: (len(path.parts), str(path))), odd[:_MOST_NOTES]


def _program(path: Path, within: Path | None = None) -> Path:
    """The path itself. Raises UsageError when it can be no Python program: unreadable, too large, binary or empty."""
    if path.exists() and not path.is_file():
        raise UsageError("is not a file.", about=path)
    try:
        data = files.read(path, LARGEST_PROGRAM + 1, within)
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror}).", about=path) from error
    if len(data) > LARGEST_PROGRAM:
        raise UsageError(
            f"is larger than {LARGEST_PROGRAM >> 20} MB; that is not a program that somebody wrote.", about=path
        )
    if b"\0" in data[:4096]:
        raise UsageError("is not a Python program, but a binary file.", about=path)
    if not data.strip():
        raise UsageError("is empty.", about=path)
    return path


def _submission(path: Path, programs: Mapping[str, Path], notes: tuple[str, ...]) -> Submission:
    folder = path.resolve() if path.is_dir() else next(iter(programs.values())).resolve().parent
    digest = hashlib.sha256(b"".join(source_of(file) for file in programs.values())).hexdigest()
    by_role = {role: str(file) for role, file in programs.items()}
    return Submission(folder.name or str(folder), str(path), f"sha256:{digest}", by_role, notes)
