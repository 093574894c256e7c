"""The Pythons that can run students' programs."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.doctor.asking import answers
from grader.doctor.finding import Finding, Level, Machine

_OLDEST = (3, 8)
_NAME = re.compile(r"python(3(\.\d+)?)?|pypy3(\.\d+)?")
_MOST_ASKED, _MOST_NAMED = 40, 6
# Valid in Python 2, too. The second line resolves shims and links.
_ASK = ("-E", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)")
_ANSWER = re.compile(r"(?P<version>\d+\.\d+\.\d+)\n(?P<executable>.*)")


class _Python(NamedTuple):
    path: str
    version: tuple[int, ...]  # empty: it did not answer

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.version))} ({self.path})" if self.version else self.path


def found(machine: Machine) -> Iterator[Finding]:
    """The Python that runs students' programs, the others that could, and those that cannot."""
    usual, *others = _versions([machine.python, *_on_path()], machine.within)
    oldest = ".".join(map(str, _OLDEST))
    if usual.version >= _OLDEST:
        yield Finding(Level.OK, "Python", str(usual), "runs students' programs, unless --python names another")
    else:
        meaning = f"students' programs need {oldest} or newer: name another with --python"
        yield Finding(Level.TROUBLE, "Python", f"{usual} is too old, or does not run", meaning)
    subject = "other Pythons"
    if able := [python for python in others if python.version >= _OLDEST]:
        yield Finding(Level.OK, subject, _named(able), "--python takes one of them")
    if old := [python for python in others if python.version and python.version < _OLDEST]:
        yield Finding(Level.WARNING, subject, _named(old), f"older than {oldest}: cannot run students' programs")
    if silent := [python for python in others if not python.version]:
        meaning = "behind these names is none that starts, as with a shim of pyenv whose version is not chosen"
        yield Finding(Level.OK, subject, _named(silent), meaning)


def _versions(paths: list[str], within: float) -> list[_Python]:
    """The version of each; several names of one Python count once."""
    printed_by = answers({path: [path, *_ASK] for path in paths}, within)
    pythons: dict[str, _Python] = {}
    for path in paths:
        answer = _ANSWER.fullmatch(printed_by.get(path, ""))
        version = tuple(map(int, answer["version"].split("."))) if answer else ()
        real_path = os.path.realpath(answer["executable"] if answer else path)
        pythons.setdefault(real_path, _Python(path, version))
    return list(pythons.values())


def _on_path() -> list[str]:
    """All executables on PATH with a Python's name."""
    paths: list[str] = []
    for folder in os.get_exec_path():
        try:
            names = sorted(filter(_NAME.fullmatch, os.listdir(folder)))  # noqa: PTH208 - only names are needed
        except OSError:
            continue
        paths += [str(Path(folder, name).absolute()) for name in names if shutil.which(name, path=folder)]
    return paths[:_MOST_ASKED]


def _named(pythons: list[_Python]) -> str:
    more = f" and {len(pythons) - _MOST_NAMED} more" if len(pythons) > _MOST_NAMED else ""
    return ", ".join(map(str, pythons[:_MOST_NAMED])) + more
