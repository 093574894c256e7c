"""A student's source as text, whatever its encoding and size."""

from __future__ import annotations

import re
from pathlib import Path

from grader.submission import files


def lines_in(source: bytes) -> list[str]:
    """The lines of a program, as Python counts them."""
    return re.split(r"\r\n|\r|\n", source.decode("utf-8-sig", "replace"))


LARGEST_PROGRAM = 4 << 20  # bytes of a program: no person types a larger one
LARGEST_DOCUMENT = 200_000  # bytes that are read of a document, such as the one with the answers


MOST_FILES = 500  # of a submission that are searched or copied


def source_matches(program: Path, pattern: str) -> bool:
    """Whether a regular expression matches somewhere in a program, or in a Python file beside it."""
    compiled = re.compile(pattern.encode())
    return any(compiled.search(source_of(file)) for file in (program, *programs_beside(program)[:MOST_FILES]))


def programs_beside(program: Path) -> list[Path]:
    """The Python files in a program's folder, including itself."""
    return [file for file in files.listing(program.parent, deepest=0).files if file.suffix == ".py"]


def source_of(program: Path, within: Path | None = None) -> bytes:
    """The source of a program; empty if it cannot be read, for it may be gone or replaced by now."""
    try:
        return files.read(program, LARGEST_PROGRAM, within)
    except OSError:
        return b""
