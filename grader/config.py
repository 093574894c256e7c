"""chatgrade.toml: a course's own file names, port, words and points. Every unknown key is an error that names the nearest."""

from __future__ import annotations

import string
import sys
from collections.abc import Collection, Mapping
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
    """Every setting that there is, by its table, with the value that holds where a course sets none."""
    return {
        "files": {**codelab.files},
        "network": {"port": codelab.port},
        "wording": {**codelab.wording},
        "points": {check.id: check.points for check in codelab.catalogue},
        "limits": asdict(Limits()),
        "batch": asdict(BatchSettings()),
    }


def find(submission: Path) -> Path | None:
    """The settings file beside the submission or in a folder above it."""
    try:
        start = submission if submission.is_dir() else submission.parent
        candidates = (folder / SETTINGS_FILE for folder in (start, *start.resolve().parents))
        return next((path for path in candidates if path.is_file()), None)
    except (OSError, RuntimeError):  # no such path at all: what looks for the submission says so
        return None


def load(path: Path | None, codelab: Codelab) -> Settings:
    """Read a settings file; UsageError that tells what is wrong with it."""
    tables = _read(path) if path else {}
    known = defaults(codelab)
    for table in tables:
        if table not in known:
            raise UsageError(f"{path}: there is no table [{table}]{nearest(table, known)}")
        if not isinstance(tables[table], dict):
            raise UsageError(f"{path}: {table!r} must be a table: write [{table}] on a line of its own.")
    files = _typed(path, "files", tables.get("files", {}), known["files"], str)
    for role, name in files.items():
        if not name or Path(name).name != name:
            raise UsageError(f"{path}: [files] {role} must be the name of a file, not {name!r}.")
    network = _typed(path, "network", tables.get("network", {}), known["network"], int)
    port = network.get("port", codelab.port)
    if not 0 < port < 1 << 16:
        raise UsageError(f"{path}: [network] port must be between 1 and 65535, not {port}.")
    points = _typed(path, "points", tables.get("points", {}), known["points"], int)
    for check_id, value in points.items():
        if value < 0:
            raise UsageError(f"{path}: [points] {check_id} must not be negative.")
    limits = _typed(path, "limits", tables.get("limits", {}), known["limits"], int)
    for name, value in limits.items():
        if not 0 < value <= _HIGHEST_LIMIT:
            raise UsageError(f"{path}: [limits] {name} must be between 1 and {_HIGHEST_LIMIT:,}, not {value}.")
    return Settings(
        {**codelab.files, **files},
        port,
        {**codelab.wording, **_wording(path, tables.get("wording", {}), codelab)},
        points,
        Limits(**limits),
        _batch(path, tables.get("batch", {}), known["batch"]),
    )


def _batch(path: Path | None, values: Mapping[str, Any], known: Collection[str]) -> BatchSettings:
    _known_keys(path, "batch", values, known)
    numbers = {key: value for key, value in values.items() if key != "layout"}
    for key, value in _typed(path, "batch", numbers, list(numbers), int).items():
        if not 0 <= value <= _HIGHEST_LIMIT:
            raise UsageError(f"{path}: [batch] {key} must be between 0 and {_HIGHEST_LIMIT:,}, not {value}.")
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


def _wording(path: Path | None, values: Mapping[str, Any], codelab: Codelab) -> dict[str, object]:
    """Each word is a text, or a list of texts of which any is right; with the same placeholders as the codelab's own."""
    _known_keys(path, "wording", values, codelab.wording)
    for key, value in values.items():
        texts = value if isinstance(value, list) else [value]
        may_be_none = codelab.wording[key] == []
        if not (texts or may_be_none) or not all(isinstance(text, str) and text for text in texts):
            raise UsageError(f"{path}: [wording] {key} must be a text in quotes or a list of texts.")
        allowed = _placeholders(codelab.wording[key])
        for text in texts:
            if not text.isprintable():
                raise UsageError(f"{path}: [wording] {key} must be one line of printable text.")
            if allowed and not any(f"{{{name}" in text for name in allowed):
                raise UsageError(f"{path}: [wording] {key} must hold {' or '.join(f'{{{name}}}' for name in allowed)}.")
            try:
                if any(spec or conversion for _, _, spec, conversion in string.Formatter().parse(text)):
                    raise ValueError("only the name may stand in the braces")
                text.format(**allowed)
            except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
                raise UsageError(f"{path}: [wording] {key} has a placeholder that means nothing: {error}.") from error
    return dict(values)


def _placeholders(words: object) -> dict[str, str]:
    """The placeholders that the codelab's own words have, each with something to try."""
    return {name: "x" for _, name, _, _ in string.Formatter().parse(words if isinstance(words, str) else "") if name}
