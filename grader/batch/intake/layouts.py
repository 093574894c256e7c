"""Layouts of a class: the hand-ins that a folder or an archive holds, their authors and files.

Names decide, and whether an entry is a folder or a file; no file of a student is opened here. The platform that a
class comes from is recognised by the names of most entries, so that no single student decides it; entries that do not
fit are noted.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from grader.batch.intake import contents, gradescope, names
from grader.batch.intake.contents import Contents
from grader.model.errors import UsageError, nearest
from grader.results.graded import Entry, Person
from grader.submission import archives, files

NOTHING = "nothing was handed in"
_MOST_LISTED = 5


@dataclass(frozen=True)
class Handed:
    """One hand-in in its place: a folder, an archive, or `files` among others, each with its original name."""

    entry: Entry
    path: Path
    shown: str  # the path's name in messages
    files: tuple[tuple[Path, str], ...] = ()


@dataclass(frozen=True)
class ClassIntake:
    """A class: its hand-ins in the order of their keys, their layout, and notes on oddities."""

    layout: str
    entries: tuple[Handed, ...]
    notes: tuple[str, ...] = ()


def class_in(paths: Sequence[Path], scratch: Path, layout: str = "auto", usual: Collection[str] = ()) -> ClassIntake:
    """The hand-ins of a class: in a folder, in an archive, or each named by itself.

    An archive of a class is unpacked into `scratch`. `usual` are the names that programs usually have. Raises UsageError for a
    class that cannot be read, holds no hand-in, or is not of the requested layout.
    """
    if layout not in (AUTO, *LAYOUTS):
        raise UsageError(f"there is no layout {layout!r}{nearest(layout, (AUTO, *LAYOUTS))}")
    found = contents.of(paths, scratch)
    if len(paths) > 1:
        found = _sections(found)
    claims = _claims(found)
    chosen = LAYOUTS[layout] if layout != AUTO else _recognised(found, claims, usual)
    if not claims[chosen.name]:
        others = " or ".join(name for name, claimed in claims.items() if claimed)
        advice = f"; it may be of the layout {others}" if others else ""
        raise UsageError(
            f"is not of the layout {chosen.name}: nothing in it is {chosen.sign}{advice}.", about=found.shown
        )
    claimed_by = {chosen.name: claims[chosen.name]}
    if layout == AUTO and chosen.name in _BESIDE:
        beside = _BESIDE[chosen.name]
        claimed_by[beside] = _without_twins(claims[beside], claims[chosen.name])
    hand_ins = [
        hand_in for name, claimed in claimed_by.items() for hand_in in LAYOUTS[name].hand_ins(found, claimed, usual)
    ]
    return ClassIntake(
        chosen.name, _with_keys(hand_ins, found), (*_notes(found, claims, claimed_by, chosen), *found.notes)
    )


def _sections(found: Contents) -> Contents:
    """Merge folders that are each the download of a platform into one class."""
    try:
        parts = [contents.inside(folder) for folder in found.folders]
    except UsageError:  # its own entry reports an unreadable folder
        return found
    recognised = [_special(_claims(part)) for part in parts]
    if found.files or not all(one and one.name != "repositories" for one in recognised):
        return found
    whole = Contents(found.root, found.shown, notes=[f"{len(parts)} folders are taken together"])
    for part in parts:
        whole.files += part.files
        whole.folders += part.folders
        whole.notes += part.notes
    return whole


# -- which one ---------------------------------------------------------------------------------------------------------


def _claims(found: Contents) -> dict[str, list[Path]]:
    """Layout -> the entries that look like it."""
    return {name: layout.claims(found) for name, layout in LAYOUTS.items()}


def _special(claims: dict[str, list[Path]]) -> _Layout | None:
    """The first platform's layout that more than half of all entries match."""
    entries = len(set().union(*claims.values()))
    return next((LAYOUTS[name] for name in claims if name not in _PLAIN and 2 * len(claims[name]) > entries), None)


def _recognised(found: Contents, claims: dict[str, list[Path]], usual: Collection[str]) -> _Layout:
    special = _special(claims)
    if special:
        return special
    if own := sorted(file.name for file in found.files if file.name in usual):
        raise UsageError(
            f"{found.shown}: holds {' and '.join(own)} itself, as one hand-in does; grade it with chatgrade all, or "
            "say --layout folders if the folders in it are those of a class."
        )
    if not claims["folders"] and not claims["archives"]:
        raise UsageError(
            "holds no hand-ins: no folders, no archives, and no files named as Canvas or Moodle does.",
            about=found.shown,
        )
    return LAYOUTS["archives" if len(claims["archives"]) > len(claims["folders"]) else "folders"]


def _without_twins(paths: list[Path], others: list[Path]) -> list[Path]:
    """The paths without a namesake among `others`, mostly a folder beside the archive that it came from."""
    stems = {archives.without_ending(path.name).casefold() for path in others}
    return [path for path in paths if archives.without_ending(path.name).casefold() not in stems]


def _notes(
    found: Contents, claims: dict[str, list[Path]], claimed_by: dict[str, list[Path]], chosen: _Layout
) -> list[str]:
    """Notes: the signs by which the layout was recognised, other possible layouts, and entries left out."""
    entries, inside = set().union(*claims.values()), set().union(*claimed_by.values())
    notes = [f"layout {chosen.name}: {len(claims[chosen.name])} of {len(entries)} entries are {chosen.sign}"]
    for name, other in LAYOUTS.items():
        more = set(claims[name]) - inside
        if name in claimed_by and more:
            notes.append(f"left out {_listed(more)}, beside another of the same name; --layout {name} takes those")
        elif more:
            notes.append(f"left out {_listed(more)}: {other.sign}; --layout {name} takes those")
        elif claims[name] and chosen.name in _PLAIN and name not in (*_PLAIN, "repositories"):
            notes.append(f"{_listed(claims[name])}: {other.sign}; --layout {name} takes those alone")
    if others := set(found.files) - entries - {file for file in found.files if file.name == gradescope.METADATA}:
        notes.append(f"left out {_listed(others)}: no hand-in")
    return notes


def _listed(paths: Collection[Path]) -> str:
    shown = [archives.shown(path.name) for path in sorted(paths)[:_MOST_LISTED]]
    return ", ".join(shown) + (f" and {len(paths) - len(shown)} more" if len(paths) > len(shown) else "")


def _with_keys(handed: list[Handed], found: Contents) -> tuple[Handed, ...]:
    """The hand-ins with unique keys, in the order of the keys."""
    keys = names.unique(
        [(names.key(hand_in.entry.key), str(hand_in.path.relative_to(found.root))) for hand_in in handed]
    )
    return tuple(
        sorted(
            (
                replace(hand_in, entry=replace(hand_in.entry, key=key))
                for hand_in, key in zip(handed, keys, strict=True)
            ),
            key=lambda hand_in: hand_in.entry.key,
        )
    )


# -- hand-ins of each layout -------------------------------------------------------------------------------------------


def _folders(found: Contents, claimed: list[Path], _usual: Collection[str]) -> list[Handed]:
    return [_folder(found, path, Entry(path.name, (Person(names.printable(path.name)),))) for path in claimed]


def _folder(found: Contents, path: Path, entry: Entry) -> Handed:
    listed = files.listing(path, deepest=0)
    if not listed.files and not listed.unreadable and not files.listing(path).files:
        entry = replace(entry, notes=(*entry.notes, NOTHING))
    return Handed(entry, path, found.named(path))


def _repositories(found: Contents, claimed: list[Path], usual: Collection[str]) -> list[Handed]:
    """GitHub Classroom's `assignment-login`. Git is never run in a repository, as its settings can run programs."""
    common = os.path.commonprefix([path.name for path in claimed])  # noqa: RUF071 - common letters, not folders
    start = common.rfind("-") + 1 if len(claimed) > 2 else 0
    return [
        replace(
            hand_in, entry=replace(hand_in.entry, people=(Person(person.name, person.name[start:] if start else ""),))
        )
        for hand_in in _folders(found, claimed, usual)
        for person in hand_in.entry.people
    ]


def _archives(found: Contents, claimed: list[Path], _usual: Collection[str]) -> list[Handed]:
    stems = [(archives.without_ending(path.name), path) for path in claimed]
    return [
        Handed(Entry(stem, (Person(names.printable(stem)),)), path, found.named(path)) for stem, path in sorted(stems)
    ]


def _flat(
    found: Contents, claimed: list[Path], usual: Collection[str], decode: Callable[[str], names.Encoded | None]
) -> list[Handed]:
    """The files of each student, by the author in their names."""
    by_person: dict[tuple[str, str], list[tuple[Path, names.Encoded]]] = defaultdict(list)
    for path in claimed:
        if encoded := decode(path.name):
            by_person[encoded.name, encoded.id].append((path, encoded))
    handed = []
    for (name, person), pieces in sorted(by_person.items()):
        uploads = [names.Uploaded(path, encoded_file.file, encoded_file.number) for path, encoded_file in pieces]
        restored_files, notes = names.restored(uploads, usual, renumbered=decode is names.canvas)
        if not restored_files:
            notes = (*notes, NOTHING)
        elif all(encoded_file.is_text for _, encoded_file in pieces):
            notes = (*notes, "a text or a link was handed in, no file")
        raw = f"{name or 'anon'}_{person}" if person else name
        entry = Entry(raw, (_person(name, person),), any(encoded_file.late for _, encoded_file in pieces), notes=notes)
        place = pieces[0][0].parent / raw
        handed.append(Handed(entry, place, found.named(place), restored_files))
    return _with_shared_ids(handed)


def _person(name: str, number: str) -> Person:
    return Person(names.printable(name), names.printable(number))


def _with_shared_ids(handed: list[Handed]) -> list[Handed]:
    """Note two names with one id: a student may have forged a name that seems to hold another's id."""
    by_id: dict[str, list[str]] = defaultdict(list)
    for hand_in in handed:
        for person in hand_in.entry.people:
            by_id[person.id].append(person.name)
    return [
        replace(
            hand_in,
            entry=replace(hand_in.entry, notes=(*hand_in.entry.notes, f"the id {person.id} is that of {both}, too")),
        )
        if person.id and (both := " and ".join(other for other in by_id[person.id] if other != person.name))
        else hand_in
        for hand_in in handed
        for person in hand_in.entry.people
    ]


def _canvas(found: Contents, claimed: list[Path], usual: Collection[str]) -> list[Handed]:
    return _flat(found, claimed, usual, names.canvas)


def _moodle_flat(found: Contents, claimed: list[Path], usual: Collection[str]) -> list[Handed]:
    return _flat(found, claimed, usual, names.moodle)


def _moodle(found: Contents, claimed: list[Path], _usual: Collection[str]) -> list[Handed]:
    by_person: dict[tuple[str, str], list[tuple[bool, Path]]] = defaultdict(list)
    for path in claimed:
        if encoded := names.moodle(path.name):
            by_person[encoded.name, encoded.id].append((encoded.is_text, path))
    handed = []
    for (name, person), places in sorted(by_person.items()):
        (only_text, path), *others = sorted(places)
        notes = [f"also handed in, and not taken: {_listed([other])}" for _, other in others]
        if only_text:
            notes.append("a text was handed in, no file")
        entry = Entry(f"{name}_{person}" if person else name, (_person(name, person),), notes=tuple(notes))
        handed.append(_folder(found, path, entry))
    return _with_shared_ids(handed)


def _gradescope(found: Contents, claimed: list[Path], _usual: Collection[str]) -> list[Handed]:
    by_name = {(path.parent, names.printable(path.name)): path for path in claimed}
    handed = []
    for metadata in _metadata(found):
        for folder, submission in sorted(gradescope.read(metadata).items()):
            entry = _submitted(folder, submission)
            if path := by_name.pop((metadata.parent, folder), None):
                handed.append(_folder(found, path, entry))
            else:
                missing = metadata.parent / names.key(folder)
                handed.append(Handed(replace(entry, notes=(NOTHING,)), missing, found.named(missing)))
    for path in by_name.values():
        nobody = (Person(names.printable(path.name)),)
        handed.append(_folder(found, path, Entry(path.name, nobody, notes=("Gradescope does not say whose this is",))))
    return handed


def _submitted(folder: str, submission: gradescope.Submitted) -> Entry:
    authors = ", ".join(person.name or person.email or person.id for person in submission.people)
    key = f"{authors}_{folder.removeprefix('submission_')}" if authors else folder
    return Entry(key, submission.people, submitted=submission.at)


def _metadata(found: Contents) -> list[Path]:
    return [file for file in found.files if file.name == gradescope.METADATA]


class _Layout(NamedTuple):
    name: str
    sign: str  # a phrase for its entries
    claims: Callable[[Contents], list[Path]]
    hand_ins: Callable[[Contents, list[Path], Collection[str]], list[Handed]]


def _named(paths: Iterable[Path], decode: Callable[[str], names.Encoded | None], *, flat: bool) -> list[Path]:
    return [path for path in paths if (encoded := decode(path.name)) and bool(encoded.file) == flat]


AUTO = "auto"
LAYOUTS = {
    layout.name: layout
    for layout in (
        _Layout(
            "gradescope",
            f"folders submission_..., with their {gradescope.METADATA}",
            lambda found: [one for one in found.folders if one.name.startswith("submission_") and _metadata(found)],
            _gradescope,
        ),
        _Layout(
            "moodle",
            "folders named name_number_assignsubmission_file, as Moodle does",
            lambda found: _named(found.folders, names.moodle, flat=False),
            _moodle,
        ),
        _Layout(
            "moodle-flat",
            "files named name_number_assignsubmission_file_..., as Moodle does",
            lambda found: _named(found.files, names.moodle, flat=True),
            _moodle_flat,
        ),
        _Layout(
            "canvas",
            "files named name_number_number_..., as Canvas does",
            lambda found: _named(found.files, names.canvas, flat=True),
            _canvas,
        ),
        _Layout(
            "repositories",
            "folders with a .git in them",
            lambda found: [one for one in found.folders if os.path.lexists(one / ".git")],
            _repositories,
        ),
        _Layout(
            "archives",
            "archives",
            lambda found: [one for one in found.files if archives.named_as_archive(one.name)],
            _archives,
        ),
        _Layout("folders", "folders", lambda found: found.folders, _folders),
    )
}
_PLAIN = ("folders", "archives")
_BESIDE = {"folders": "archives", "archives": "folders", "repositories": "folders"}
