"""What a student handed in: which files were taken, and why."""

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
_MOST_NOTES = 5  # about what was left out


def find(
    path: Path,
    names: Mapping[str, str],
    given: Mapping[str, Path] | None = None,
    extras: Mapping[str, OptionalProgram] | None = None,
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
    named = {
        role: _program(file) if file.exists() or not (path / file).exists() else _program(path / file, path)
        for role, file in (given or {}).items()
    }
    if path.is_dir():
        found, notes = _programs_by_role(path, names, named, extras or {}, asked_for)
        taken = {**found, **named}
        return _submission(path, {role: _program(taken[role]) for role in names if role in taken}, notes)
    role = next((role for role, name in names.items() if name == path.name), "server")
    if not any(role.endswith(one) for one in named):
        named[role] = _program(path)
    return _submission(path, named, ())


def _programs_by_role(
    folder: Path,
    names: Mapping[str, str],
    given: Mapping[str, Path],
    extras: Mapping[str, OptionalProgram],
    asked_for: Collection[str],
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The program of each role that is not given; UsageError if there is none at all."""
    programs, notes = _programs_in(folder)
    meant = {
        role: _extra_programs(folder, programs, names[role], names[extra.like], extra) for role, extra in extras.items()
    }
    programs = _of_no_extra(programs, meant, extras)
    others = _of_other_names(programs, names, given)
    usual = [role for role in names if role not in extras]
    choices = {
        role: _extra_program(folder, role, names[role], meant[role], extras[role].like)
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
    raise UsageError(" ".join([nothing, *map("({})".format, notes)]))


def _of_no_extra(
    programs: list[Path], meant: Mapping[str, list[Path]], extras: Mapping[str, OptionalProgram]
) -> list[Path]:
    """The programs that neither their names nor their folders claim for a role that may be left out."""
    claimed = set(chain.from_iterable(meant.values()))
    folders = set(chain.from_iterable(extra.folders for extra in extras.values()))
    return [one for one in programs if one not in claimed and _plain_name(one.parent) not in folders]


def _of_other_names(programs: list[Path], names: Mapping[str, str], given: Mapping[str, Path]) -> list[Path]:
    """The programs that have no usual name, and were not given."""
    taken = {file.resolve() for file in given.values()}
    return [one for one in programs if one.name not in names.values() and one.resolve() not in taken]


def _usual_program(
    folder: Path, role: str, name: str, programs: list[Path], others: list[Path]
) -> tuple[Path | None, str]:
    """The program of this name, or none, and what is to be noted of that; UsageError if several may be it."""
    here = [program for program in programs if program.name == name]
    if not here and not others:
        return None, ""
    if not here:
        return None, f"there is no {name}, but {_listed(folder, others)}: if that is the {role}, name it with --{role}"
    if here[0].parent == folder:
        return here[0], ""
    if len({file.resolve() for file in here}) > 1:
        raise UsageError(f"{folder}: holds several {name} ({_listed(folder, here)}); give one of them.")
    return here[0], f"took {here[0].relative_to(folder)}, the only {name} in the folder"


def _listed(folder: Path, programs: list[Path]) -> str:
    return ", ".join(str(program.relative_to(folder)) for program in programs[:_MOST_LISTED])


def _extra_programs(
    folder: Path, programs: list[Path], name: str, usual_name: str, extra: OptionalProgram
) -> list[Path]:
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


def _extra_program(folder: Path, role: str, name: str, candidates: list[Path], like: str) -> tuple[Path | None, str]:
    """The first of the programs that may be meant, if there is any, and a note unless it is the plain choice."""
    if not candidates:
        return None, ""
    return candidates[0], "" if candidates == [folder / name] else _what_was_taken(folder, role, candidates, like)


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


def _nothing_found(folder: Path, names: Mapping[str, str], roles: Collection[str], programs: list[Path]) -> str:
    wanted = " and no ".join(name for role, name in names.items() if role in roles)
    if not programs:
        return f"{folder}: there is no {wanted} in it, and no other Python program."
    more = f" and {len(programs) - _MOST_LISTED} more" if len(programs) > _MOST_LISTED else ""
    return (
        f"{folder}: there is no {wanted} in it, but {_listed(folder, programs)}{more}; "
        f"name the server with --server {programs[0]}, the client with --client."
    )


def _programs_in(folder: Path) -> tuple[list[Path], list[str]]:
    """Python files in the folder and in its folders, nearest first; and notes on what only has the name of one."""
    found = files.listing(folder, deepest=2)
    if found.unreadable:
        raise UsageError(f"{folder}: cannot be read ({found.unreadable}).")
    programs = [path for path in found.files if path.suffix == ".py"]
    odd = [f"left out {path.relative_to(folder)}: {why}" for path, why in found.odd if path.suffix == ".py"]
    return sorted(programs, key=lambda path: (len(path.parts), str(path))), odd[:_MOST_NOTES]


def _program(path: Path, within: Path | None = None) -> Path:
    """The file, if it can be a Python program at all."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: is not a file.")
    try:
        data = files.read(path, LARGEST_PROGRAM + 1, within)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    if len(data) > LARGEST_PROGRAM:
        raise UsageError(
            f"{path}: is larger than {LARGEST_PROGRAM >> 20} MB; that is not a program that somebody wrote."
        )
    if b"\0" in data[:4096]:
        raise UsageError(f"{path}: is not a Python program, but a binary file.")
    if not data.strip():
        raise UsageError(f"{path}: is empty.")
    return path


def _submission(path: Path, taken: Mapping[str, Path], notes: tuple[str, ...]) -> Submission:
    folder = path.resolve() if path.is_dir() else next(iter(taken.values())).resolve().parent
    digest = hashlib.sha256(b"".join(source_of(file) for file in taken.values())).hexdigest()
    by_role = {role: str(file) for role, file in taken.items()}
    return Submission(folder.name or str(folder), str(path), f"sha256:{digest}", by_role, notes)
