"""The files that reports are written to, in the forms that other programs and browsers read: UTF-8."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from grader.report import Report

FORMS = {"json": "JSON", "junit": "JUnit XML", "html": "a page for the student"}


class Files:
    """Form -> name of a file, each opened before anything runs: a report that cannot be written should not cost a run.

    `-` is standard output, which takes one report and then nothing else (`alone`). UsageError if a file cannot be opened.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.alone = "-" in names.values()
        if list(names.values()).count("-") > 1:
            options = " or ".join(f"--{form}" for form, name in names.items() if name == "-")
            raise UsageError(f"Standard output takes one report: give {options} a file.")
        self._opened = [(_renderer(form), name, _open(name)) for form, name in names.items()]

    def write(self, report: Report) -> None:
        """Write the report to all of them; GraderError if that fails."""
        for render, name, target in self._opened:
            try:
                target.write(render(report).encode())
                target.flush()
                if name != "-":
                    target.close()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise GraderError(f"{name}: the report could not be written ({error.strerror})") from error


def require_writable(files: Iterable[Path]) -> None:
    """GraderError that names a file that `replace` could not write: what takes hours should not come to nothing."""
    for file in files:
        if file.is_dir():
            raise GraderError(f"{file}: is a folder, and a file is to be written there")


def replace(file: Path, text: str) -> None:
    """Write a file whole or not at all, whatever file or link was there; OSError if that fails."""
    new = file.with_name(f".{hashlib.sha256(file.name.encode()).hexdigest()[:16]}.new")
    new.write_text(text, "utf-8")
    new.replace(file)


def _renderer(form: str) -> Callable[[Report], str]:
    """Loaded only if it is asked for."""
    if form == "json":
        from grader.reports.json import render
    elif form == "junit":
        from grader.batch.exports.junit import junit as render
    else:
        from grader.reports.html.student import html as render
    return render


def _open(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdout.buffer
    try:
        return Path(name).open("wb")
    except OSError as error:
        raise UsageError(f"{name}: cannot be written ({error.strerror}).") from error
