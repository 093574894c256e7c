"""Equal programs from several students: a fact about bytes, for a person to look at, and no verdict.

Files are compared by digests, so that a class need not be open at once: take the prints of each hand-in while it is open,
keep them, and compare in the end.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from grader.submission import files

_LARGEST, _MOST = 1 << 20, 200  # limits of a hand-in: bytes of a program, number of programs
_LARGEST_TOTAL = 16 << 20  # bytes of all programs of a hand-in
_DEEPEST = 2
_SHORTEST = 40  # characters without blanks; shorter programs are equal by chance
_COMMENT_OR_TEXT = re.compile(
    rb'#[^\n]*|("""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\\?\Z)'
    rb"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\\?\Z)"
    rb'|"(?:[^"\\\n]|\\.)*(?:"|\\?\Z|(?=\n))'
    rb"|'(?:[^'\\\n]|\\.)*(?:'|\\?\Z|(?=\n)))",
    re.DOTALL,
)  # every branch can end with the text, so no failed match is tried again: linear time


class Print(NamedTuple):
    """Digests of a program: `exact` of its bytes, `plain` of its text without comments and blanks."""

    exact: str
    plain: str


class Shared(NamedTuple):
    """A program in several hand-ins, with its name in each; `exact`: equal to the byte."""

    files: tuple[tuple[str, str], ...]  # key, name
    exact: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The hand-ins."""
        return tuple(dict.fromkeys(key for key, _ in self.files))


def print_of(source: bytes) -> Print | None:
    """The print of a program; None for one too short to compare."""
    text = source.removeprefix(b"\xef\xbb\xbf")
    plain = b"".join(_COMMENT_OR_TEXT.sub(lambda match: match[1] or b"", text).split())
    if len(plain) < _SHORTEST:
        return None
    return Print(hashlib.sha256(source).hexdigest(), hashlib.sha256(plain).hexdigest())


def prints(folder: Path) -> dict[str, Print]:
    """The prints of the Python programs in an opened hand-in, by their paths in it."""
    by_path, left = {}, _LARGEST_TOTAL
    programs = [file for file in files.listing(folder, _DEEPEST).files if file.suffix == ".py"]
    for program in programs[:_MOST]:
        try:
            source = files.read(program, min(_LARGEST, left), folder)
        except OSError:
            continue
        left -= len(source)
        print_ = print_of(source)
        if print_:
            by_path[str(program.relative_to(folder))] = print_
    return by_path


def shared(by_key: Mapping[str, Mapping[str, Print]], given: Collection[Print] = ()) -> tuple[Shared, ...]:
    """The programs in more than one hand-in, except those `given` to all students."""
    given_texts = {print_.plain for print_ in given}
    alike: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for key, programs in sorted(by_key.items()):
        for name, print_ in sorted(programs.items()):
            if print_.plain not in given_texts:
                alike[print_.plain].append((key, name, print_.exact))
    return tuple(
        Shared(tuple((key, name) for key, name, _ in group), len({exact for *_, exact in group}) == 1)
        for group in sorted(alike.values())
        if len({key for key, *_ in group}) > 1
    )
