"""The files of a submission as text: documents, functions, and the lines that hold a call or a number."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from grader.model.setup import RunSpec
from grader.model.verdict import Where
from grader.submission import files
from grader.submission.outline import Function, Outline, outline
from grader.submission.reading import LARGEST_DOCUMENT, lines_in, programs_beside, source_of

_LONGEST_EXCERPT = 40  # lines
_OF_NO_TEXT = ("Cc", "Cn", "Co", "Cs")  # categories; not that of format signs (Cf), of which Persian has many
_MOST_BESIDE = 20  # files beside the client that are searched for a port


class Sources:
    """The text of a submission. Nothing of it is run or trusted."""

    def __init__(self, setup: RunSpec) -> None:
        self._setup = setup

    def documents(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """The files of these names (in any case) in the submission's folder: the real name and the text of each."""
        folder = self._setup.folder
        here = {path.name.lower(): path for path in reversed(files.listing(folder, deepest=0).files)}
        texts = []
        for name in names:
            path = here.get(name.lower())
            if path:
                with contextlib.suppress(OSError):
                    text = _decoded(files.read(path, LARGEST_DOCUMENT, folder))
                    texts.append((path.name, text.replace("\r\n", "\n")))
        return texts

    def functions(self, role: str) -> list[Function]:
        """The functions of a role's program; none if it has no outline."""
        outlined = self.outline(role)
        return list(outlined.functions) if outlined else []

    def excerpt(self, role: str, function: Function) -> tuple[Where, str]:
        """A function's place, and its source, cut after 40 lines."""
        program = self._setup.files[role]
        lines = source_of(program).decode("utf-8-sig", "replace").splitlines()[function.line - 1 : function.end]
        cut = [f"... ({len(lines) - _LONGEST_EXCERPT} more lines)"] if len(lines) > _LONGEST_EXCERPT else []
        return self.where(program, function.line), "\n".join([*lines[:_LONGEST_EXCERPT], *cut])

    def line_that_calls(self, *names: str) -> Where | None:
        """The first line of the client with a call of one of these names."""
        outlined = self.outline("client")
        call = next((call for call in outlined.calls() if call.name in names), None) if outlined else None
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
        """The lines of a file, by its path in its submission."""
        homes = dict.fromkeys([self._setup.folder, *map(self._setup.home_of, self._setup.files.values())])
        found = (source for home in homes if (source := source_of(home / file, home)))
        return lines_in(next(found, b""))

    def client_files(self) -> list[Path]:
        """The client's file and Python files beside it, which it may import; none if it was not handed in."""
        program = self._setup.files.get("client")
        return [program, *programs_beside(program)[:_MOST_BESIDE]] if program else []

    def outline(self, role: str) -> Outline | None:
        """The outline of a role's program; None if there is no such program, or it cannot be outlined."""
        program = self._setup.files.get(role)
        return outline(program) if program else None

    def where(self, program: str | Path, line: int) -> Where:
        """The place of a line in a program (a file or a role), with the file's path relative to its submission."""
        file = self._setup.files[program] if isinstance(program, str) else program
        return Where(str(file.relative_to(self._setup.home_of(file))), line)


def _decoded(data: bytes) -> str:
    """Text from UTF-8, UTF-16 with a byte order mark, or Windows-1252; empty if over 5 % of it is no text."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    strange = sum(unicodedata.category(sign) in _OF_NO_TEXT and not sign.isspace() for sign in text)
    return text if strange * 20 <= len(text) else ""


_NUMBER = re.compile(rb"(?<![\w.])\d(?:_?\d){3,5}(?![\w.])")


_MOST_PORTS, _MOST_BYTES = 40, 1 << 20


def numbers_like_ports(programs: Iterable[Path]) -> list[int]:
    """The numbers in these files that could be ports (1024 to 65535), each once; most are something else."""
    found: dict[int, None] = {}
    for program in programs:
        try:
            text = files.read(program, _MOST_BYTES)
        except OSError:
            continue
        found.update((number, None) for number in map(int, _NUMBER.findall(text)) if 1023 < number < 1 << 16)
    return list(found)[:_MOST_PORTS]
