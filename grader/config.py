"""Whose chatgrade.toml counts, and reading it. Every unknown key is an error that names the nearest known one.

What was handed in never decides how it is graded, so a file in a submission does not count; except that in the working directory,
where the user has it before their eyes.
"""

from __future__ import annotations

import contextlib
import os
import string
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader.model.codelab import Codelab
from grader.model.errors import UsageError, nearest
from grader.model.limits import Limits
from grader.model.settings import SETTINGS_FILE, BatchSettings, Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LARGEST = 1 << 20  # bytes
_HIGHEST_LIMIT = 1_000_000  # seconds, megabytes or pieces: more is a slip


def defaults(codelab: Codelab) -> dict[str, dict[str, Any]]:
    """The default value of every setting, by table and key."""
    return {
        "files": {**codelab.files},
        "network": {"port": codelab.port},
        "wording": {**codelab.wording},
        "points": {check.id: check.points for check in codelab.catalogue},
        "limits": asdict(Limits()),
        "batch": asdict(BatchSettings()),
    }


def find(submission: Path, *programs: Path) -> Path | None:
    """The settings file for a submission: in the working directory or above it, else strictly above the submission.

    `submission` is its folder or its archive, `programs` are files of it that lie elsewhere. None in one of their folders counts,
    unless that folder is the working directory.
    """
    here, place = _here(), _resolved(submission)
    handed_in = {place, *(_resolved(program).parent for program in programs)}.difference(here[:1])
    return _first((*here, *place.parents), lambda folder: any(map(folder.is_relative_to, handed_in)))


def find_for_class(paths: Sequence[Path]) -> Path | None:
    """The settings file for a class: in the working directory or above it, else strictly above all hand-ins.

    `paths` are the folder or the archive of a class, or several hand-ins. None in a hand-in counts.
    """
    places = [_resolved(path) for path in paths]
    if len(places) == 1 and places[0].is_dir():
        [whole] = places
        return _first((*_here(), whole, *whole.parents), lambda folder: whole in folder.parents)
    above = Path(os.path.commonpath([place.parent for place in places]))
    return _first((*_here(), above, *above.parents), lambda folder: any(map(folder.is_relative_to, places)))


def find_above(folder: Path) -> Path | None:
    """The settings file in a folder or in the nearest one above it, whatever the folder is."""
    place = _resolved(folder)
    return _first((place, *place.parents), lambda _: False)


def _first(folders: Iterable[Path], handed_in: Callable[[Path], bool]) -> Path | None:
    """The settings file in the first of these folders that has one and was not handed in."""
    candidates = (folder / SETTINGS_FILE for folder in folders if not handed_in(folder))
    return next(filter(_is_file, candidates), None)


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError):  # a folder that may not be entered holds nothing for us
        return path.is_file()
    return False


def _here() -> tuple[Path, ...]:
    """The working directory and the folders above it; none if it is gone."""
    with contextlib.suppress(OSError):
        here = Path.cwd()
        return (here, *here.parents)
    return ()


def _resolved(path: Path) -> Path:
    with contextlib.suppress(OSError):  # the working directory is gone
        return Path(os.path.realpath(path))  # Path.resolve raises for links in a circle
    return path


def load(path: Path | None, codelab: Codelab) -> Settings:
    """The settings of a file, or all defaults without a file. Raises UsageError when the file is not valid."""
    known = defaults(codelab)
    tables = _tables(path, known)
    files = _typed(path, "files", tables["files"], known["files"], str)
    _require(path, "files", files, lambda name: name and Path(name).name == name, "be the name of a file, not {!r}.")
    network = _typed(path, "network", tables["network"], known["network"], int)
    _require(path, "network", network, lambda port: 0 < port < 1 << 16, "be between 1 and 65535, not {}.")
    points = _typed(path, "points", tables["points"], known["points"], int)
    _require(path, "points", points, lambda value: value >= 0, "not be negative.")
    limits = _typed(path, "limits", tables["limits"], known["limits"], int)
    _require_between(1, path, "limits", limits)
    return Settings(
        {**codelab.files, **files},
        network.get("port", codelab.port),
        {**codelab.wording, **_wording(path, tables["wording"], codelab)},
        points,
        Limits(**limits),
        _batch(path, tables["batch"], known["batch"]),
    )


def _tables(path: Path | None, known: Collection[str]) -> dict[str, dict[str, Any]]:
    """Every known table, empty if the file does not have it. Raises UsageError for anything else in the file."""
    tables = _read(path) if path else {}
    for table, values in tables.items():
        if table not in known:
            raise UsageError(f"{path}: there is no table [{table}]{nearest(table, known)}")
        if not isinstance(values, dict):
            raise UsageError(f"{path}: {table!r} must be a table: write [{table}] on a line of its own.")
    return {table: tables.get(table, {}) for table in known}


def _batch(path: Path | None, values: Mapping[str, Any], known: Collection[str]) -> BatchSettings:
    _known_keys(path, "batch", values, known)
    numbers = {key: value for key, value in values.items() if key != "layout"}
    _require_between(0, path, "batch", _typed(path, "batch", numbers, list(numbers), int))
    layout = _typed(path, "batch", {k: v for k, v in values.items() if k == "layout"}, ["layout"], str)
    return BatchSettings(**numbers, **layout)


def _read(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if not (path.is_file() or path.is_dir()) or size > _LARGEST:  # a pipe or a device might never end
            raise UsageError(f"{path}: is not a settings file.")
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is not valid TOML: {error}.") from error


def _known_keys(path: Path | None, table: str, values: Mapping[str, Any], known: Collection[str]) -> None:
    for key in values:
        if key not in known:
            hint = nearest(key, known) if known else ", which has no settings yet."
            raise UsageError(f"{path}: [{table}] has no setting {key!r}{hint}")


def _typed(
    path: Path | None, table: str, values: Mapping[str, Any], known: Collection[str], kind: type
) -> dict[str, Any]:
    _known_keys(path, table, values, known)
    for key, value in values.items():
        if not isinstance(value, kind) or isinstance(value, bool):
            wanted = "a whole number" if kind is int else "a text in quotes"
            raise UsageError(f"{path}: [{table}] {key} must be {wanted}, not {value!r}.")
    return dict(values)


def _require(
    path: Path | None, table: str, values: Mapping[str, Any], allowed: Callable[[Any], object], must: str
) -> None:
    """Raise UsageError for the first value that is not allowed; `must` is its rule, with `{}` for the value."""
    for key, value in values.items():
        if not allowed(value):
            raise UsageError(f"{path}: [{table}] {key} must {must.format(value)}")


def _require_between(lowest: int, path: Path | None, table: str, values: Mapping[str, Any]) -> None:
    must = f"be between {lowest} and {_HIGHEST_LIMIT:,}, not {{}}."
    _require(path, table, values, lambda value: lowest <= value <= _HIGHEST_LIMIT, must)


def _wording(path: Path | None, values: Mapping[str, Any], codelab: Codelab) -> dict[str, object]:
    """The course's own wording: each a text, or a list of alternative texts, with the placeholders of the codelab's own."""
    _known_keys(path, "wording", values, codelab.wording)
    for key, value in values.items():
        texts = value if isinstance(value, list) else [value]
        may_be_none = codelab.wording[key] == []
        if not (texts or may_be_none) or not all(isinstance(text, str) and text for text in texts):
            raise UsageError(f"{path}: [wording] {key} must be a text in quotes or a list of texts.")
        for text in texts:
            _require_template(f"{path}: [wording] {key}", text, _placeholders(codelab.wording[key]))
    return dict(values)


def _require_template(place: str, text: str, placeholders: Mapping[str, str]) -> None:
    """Raise UsageError unless `text` is one line with at least one of the placeholders, if there are any, and no others."""
    if not text.isprintable():
        raise UsageError(f"{place} must be one line of printable text.")
    if placeholders and not any(f"{{{name}" in text for name in placeholders):
        raise UsageError(f"{place} must hold {' or '.join(f'{{{name}}}' for name in placeholders)}.")
    try:
        if any(spec or conversion for _, _, spec, conversion in string.Formatter().parse(text)):
            raise ValueError("only the name may stand in the braces")
        text.format(**placeholders)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise UsageError(f"{place} has a placeholder that means nothing: {error}.") from error


def _placeholders(words: object) -> dict[str, str]:
    """The placeholders in the codelab's own words, each with a value to try."""
    return {name: "x" for _, name, _, _ in string.Formatter().parse(words if isinstance(words, str) else "") if name}
