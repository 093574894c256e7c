"""The files that reports are written to, in the forms that other programs and browsers read: UTF-8."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from grader.model.errors import GraderError, UsageError
from grader.reports import registry

if TYPE_CHECKING:
    from grader.model.report import Report


def forms() -> dict[str, str]:
    """Name of each format of a single report -> its phrase."""
    return {name: declared.about for name, declared in registry.formats().items() if declared.of_report}


class Files:
    """The files of reports, opened before anything runs: a report that cannot be written should not cost a run.

    A file keeps its old contents until the report is there. `-` is standard output, which takes one report and
    then nothing else (`alone`). A context manager. Raises UsageError if a file cannot be opened or is named twice.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.alone = "-" in names.values()
        if list(names.values()).count("-") > 1:
            options = " or ".join(f"--{form}" for form, name in names.items() if name == "-")
            raise UsageError(f"Standard output takes one report: give {options} a file.")
        with contextlib.ExitStack() as opened:
            self._targets = [
                (_renderer(form), name, opened.enter_context(_opened(name))) for form, name in names.items()
            ]
            states = [os.fstat(target.fileno()) for _, name, target in self._targets if name != "-"]
            files = [(state.st_dev, state.st_ino) for state in states if stat.S_ISREG(state.st_mode)]
            if len(set(files)) < len(files):
                raise UsageError(f"{' and '.join(f'--{form}' for form in names)} name one file: give each its own.")
            self._opened = opened.pop_all()

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def write(self, report: Report) -> None:
        """Write the report to all files. Raises GraderError if that fails."""
        for render, name, target in self._targets:
            try:
                if name != "-" and stat.S_ISREG(os.fstat(target.fileno()).st_mode):
                    target.truncate(0)
                target.write(render(report).encode())
                target.flush()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise GraderError(f"{name}: the report could not be written ({error.strerror})") from error


def require_writable(files: Iterable[Path]) -> None:
    """Check before hours of work that `replace` can write these files. Raises GraderError if a folder is in the way."""
    for file in files:
        if file.is_dir():
            raise GraderError(f"{file}: is a folder, and a file is to be written there")


def replace(file: Path, text: str) -> None:
    """Write a file atomically, in place of any file or link of that name. Raises OSError if that fails."""
    new = file.with_name(f".{hashlib.sha256(file.name.encode()).hexdigest()[:16]}.new")
    try:
        new.write_text(text, "utf-8")
        new.replace(file)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def _renderer(form: str) -> Callable[[Report], str]:
    render = registry.formats()[form].of_report
    assert render, f"{form} is no format of a single report"
    return render


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """Open a file to append, so that it keeps its contents; a new file is removed again if it stays empty."""
    if name == "-":
        yield sys.stdout.buffer
        return
    path = Path(name)
    new = not path.exists()
    if path.suffix == ".py" and not new:
        raise UsageError(f"{name}: is a program, and no report is written over it.")
    try:
        target = path.open("ab")
    except OSError as error:
        raise UsageError(f"{name or 'a file without a name'}: cannot be written ({error.strerror}).") from error
    try:
        yield target
    finally:
        with contextlib.suppress(OSError):
            target.close()
        if new and path.is_file() and not path.stat().st_size:
            path.unlink()
