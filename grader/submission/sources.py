"""The files of a submission as they were handed in, to be read: what is in them, and where in them something stands."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from grader.model.setup import RunSpec
from grader.model.verdict import Where
from grader.submission import files
from grader.submission.outline import Function, Outline, outline
from grader.submission.reading import lines_in, programs_beside, source_of

_LARGEST_DOCUMENT, _LONGEST_EXCERPT = 200_000, 40  # bytes; lines
_MOST_BESIDE = 20  # files beside the client that are looked at for a port


class Sources:
    """What was written. Nothing in it is run or believed."""

    def __init__(self, setup: RunSpec) -> None:
        self._setup = setup

    def documents(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """The files of these names (in any case) in the submission's folder: name as it is there, and text."""
        folder = self._setup.folder
        here = {path.name.lower(): path for path in reversed(files.listing(folder, deepest=0).files)}
        found = []
        for name in names:
            path = here.get(name.lower())
            if path:
                with contextlib.suppress(OSError):
                    text = _decoded(files.read(path, _LARGEST_DOCUMENT, folder))
                    found.append((path.name, text.replace("\r\n", "\n")))
        return found

    def functions(self, role: str) -> list[Function]:
        """The functions of the program of this role; none where its source cannot be read as Python."""
        found = self.outline(role)
        return list(found.functions) if found else []

    def excerpt(self, role: str, function: Function) -> tuple[Where, str]:
        """Where a function stands, and its source, cut when it is long."""
        program = self._setup.files[role]
        lines = source_of(program).decode("utf-8-sig", "replace").splitlines()[function.line - 1 : function.end]
        cut = [f"... ({len(lines) - _LONGEST_EXCERPT} more lines)"] if len(lines) > _LONGEST_EXCERPT else []
        return self.where(program, function.line), "\n".join([*lines[:_LONGEST_EXCERPT], *cut])

    def line_that_calls(self, *names: str) -> Where | None:
        """The first line of the client that calls one of these."""
        found = self.outline("client")
        call = next((call for call in found.calls() if call.name in names), None) if found else None
        return self.where("client", call.line) if call else None

    def line_with_number(self, number: int) -> Where | None:
        """The first line of the client, or of a file beside it, that holds this number."""
        digits = re.compile("_?".join(str(number)))
        for path in self.client_files():
            lines = source_of(path).decode("utf-8", "replace").splitlines()
            at = next((at for at, line in enumerate(lines, start=1) if digits.search(line)), None)
            if at:
                return self.where(path, at)
        return None

    def lines_of(self, file: str) -> list[str]:
        """The lines of a file, by its name in the submission that it belongs to."""
        homes = dict.fromkeys([self._setup.folder, *map(self._setup.home_of, self._setup.files.values())])
        found = (source for home in homes if (source := source_of(home / file, home)))
        return lines_in(next(found, b""))

    def client_files(self) -> list[Path]:
        """The client's file and some beside it, which it may import; none where it was not handed in."""
        program = self._setup.files.get("client")
        return [program, *programs_beside(program)[:_MOST_BESIDE]] if program else []

    def outline(self, role: str) -> Outline | None:
        """The outline of the program of this role; None where there is none, or its source cannot be read as Python."""
        program = self._setup.files.get(role)
        return outline(program) if program else None

    def where(self, program: str | Path, line: int) -> Where:
        """A line of a program (a file, or the one of a role), by the file's name in its submission."""
        file = self._setup.files[program] if isinstance(program, str) else program
        return Where(str(file.relative_to(self._setup.home_of(file))), line)


def _decoded(data: bytes) -> str:
    """A text as people save it: UTF-8, UTF-16 with its mark, or an old code page; nothing where it is no text at all."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    strange = sum(not (sign.isprintable() or sign.isspace()) for sign in text)
    return text if strange * 20 <= len(text) else ""


_NUMBER = re.compile(rb"(?<![\w.])\d(?:_?\d){3,5}(?![\w.])")


_MOST_PORTS, _MOST_BYTES = 40, 1 << 20


def numbers_like_ports(programs: Iterable[Path]) -> list[int]:
    """The numbers in these files that a client could call by mistake, most of them no ports at all."""
    found: dict[int, None] = {}
    for program in programs:
        try:
            text = files.read(program, _MOST_BYTES)
        except OSError:
            continue
        found.update((number, None) for number in map(int, _NUMBER.findall(text)) if 1023 < number < 1 << 16)
    return list(found)[:_MOST_PORTS]
