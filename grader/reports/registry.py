"""All formats, of single reports and of classes, and the export of a class.

To add a format, add one module to this package; no other file is touched. It declares itself:

    from grader.reports.format import Format

    def names(class_: Class, choices: Choices) -> str:
        ...

    FORMAT = Format("names", "a list of all students", "names.txt", of_class=names)

`chatgrade export OUT --format names` then makes `names.txt`. The declared function decides: `of_class` makes
one file of a class, `of_submission` a file of each hand-in, `filled` a platform's own file filled in; `of_report` is the report
of a single run, and adds the option `--names FILE` to the commands that grade. `Format` describes the rest.
Text from students goes through the function of `grader.text.sinks` that fits the format. Slow imports (jinja2,
Pygments) stand within the function, since all modules are imported to find the formats.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader import reports
from grader.model.errors import GraderError, UsageError, nearest
from grader.reports.format import Format
from grader.results.graded import Class, Graded
from grader.results.standing import Choices, in_order

__all__ = ["Choices", "Export", "Format", "export", "file_name", "formats"]

_LONGEST_NAME = 200  # bytes of a file's name, without its ending


@cache
def formats() -> Mapping[str, Format]:
    """All formats by name, in the order of lists; found by importing the modules of this package, not its subpackages."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(reports.__path__, f"{reports.__name__}."):
        declared = None if module.ispkg else getattr(importlib.import_module(module.name), "FORMAT", None)
        if declared:
            assert declared.name not in found, f"two modules declare the format {declared.name}"
            found[declared.name] = declared
    return {declared.name: declared for declared in sorted(found.values(), key=lambda one: (one.place, one.name))}


@dataclass(frozen=True)
class Export:
    """The files of an export by name (`/` separates folder and file), and notes for the person who exports.

    Notes may quote students, so each output needs its own sink.
    """

    files: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


def export(class_: Class, format_name: str, fill: Path | None = None, choices: Choices | None = None) -> Export:
    """Export the class; the same class, file and choices give the same bytes.

    Raises UsageError when the format, the file to fill in or a choice does not fit.
    """
    declared, choices = _named(format_name), choices or Choices()
    if declared.filled:
        data, notes = declared.filled(class_, _read(format_name, fill), choices)
        return Export({declared.file: data}, tuple(notes))
    if fill:
        raise UsageError(f"The format {format_name} fills in no file.")
    if declared.of_class:
        return Export({declared.file: declared.of_class(class_, choices).encode()})
    assert declared.of_submission, "what exports a class and is nothing else makes a file of each submission"
    return _each(class_, declared.file, declared.of_submission, choices, alone=declared.alone)


def _named(format_name: str) -> Format:
    """The format of this name that exports a class. Raises UsageError with a list if there is none."""
    exporting = {name: declared for name, declared in formats().items() if declared.exports}
    if format_name not in exporting:
        raise UsageError(f"There is no format {format_name!r}{nearest(format_name, exporting, most=len(exporting))}")
    return exporting[format_name]


def file_name(key: str) -> str:
    """A hand-in's key as the name of a file or folder: it stays in its folder, and no two keys share a name."""
    name = re.sub(r"^\.|[^\w .@+=,-]|[ .]$", lambda found: "".join(f"%{byte:02X}" for byte in _bytes(found[0])), key)
    if len(name.encode()) <= _LONGEST_NAME:
        return name or "%"
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name.encode()[: _LONGEST_NAME - len(digest) - 1].decode('utf-8', 'ignore')}-{digest}"


def _bytes(sign: str) -> bytes:
    return sign.encode("utf-8", "surrogatepass")


def _read(format_name: str, fill: Path | None) -> bytes:
    if fill is None:
        raise UsageError(f"The format {format_name} fills in a file: name the one that the platform exported.")
    try:
        return fill.read_bytes()
    except OSError as error:
        raise UsageError(f"{fill}: cannot be read ({error.strerror}).") from error


def _each(
    class_: Class, file: str, write: Callable[[Graded, Choices], str], choices: Choices, *, alone: bool
) -> Export:
    if alone and len(class_.graded) > 1:
        raise UsageError(f"{file} is about one submission, and there are {len(class_.graded)}.")
    files, notes = {}, []
    for graded in in_order(class_):
        try:
            files[f"{file_name(graded.entry.key)}/{file}"] = write(graded, choices).encode()
        except GraderError as error:
            if alone:
                raise
            notes.append(f"{error}; no {file} was written")
    return Export(files, tuple(notes))
