"""Grade the programs of tests/cheats: no chats, but made to look like one. Its folder tells what each stands in for.

`python tests cheats [NAME...] [--jobs N] [--checks]` prints what each earns of the points that its program can give: all of the
checks that run it alone, answers left out. `--checks` names those that it passes, too. All share the workers of one run.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.cli.options import OWN_PYTHON, RunOptions
from grader.cli.request import class_request
from grader.installed import load
from grader.model.report import Report
from grader.model.verdict import CheckResult
from grader.run.grading import grading
from grader.run.runner import Grading, run_all, workers_for
from grader.run.schedule import Reporter
from grader.submission import intake
from support.corpus import KINDS, PROJECT, TESTS

CHEATS = TESTS / "cheats"
FILES = {path.stem: path for path in sorted(CHEATS.glob("*/*.py"))}
NAMES = sorted(FILES, key=lambda name: (list(KINDS).index(FILES[name].parent.name), name))
LAB = load()


@dataclass(frozen=True)
class Taking:
    """What a cheat got: its report, and of that the checks that its program can earn points in."""

    name: str
    report: Report

    @property
    def checks(self) -> list[CheckResult]:
        """The checks that ran its program, or would have if others had passed."""
        return [check for check in self.report if check.points and not check.absent and check.runs != "answers"]

    @property
    def earned(self) -> int:
        """Its points."""
        return sum(check.earned for check in self.checks)

    @property
    def possible(self) -> int:
        """What a right program in its place gets."""
        return sum(check.points for check in self.checks)

    @property
    def passed(self) -> list[str]:
        """The ids of the checks that gave it points."""
        return [check.id for check in self.checks if check.earned]

    def __str__(self) -> str:
        where = f"{FILES[self.name].parent.name}/{self.name}"
        return f"{where:50}{self.earned:3} /{self.possible:3}{100 * self.earned / self.possible:6.0f} %"


def trick(name: str) -> str:
    """What it does, as its docstring says."""
    return ast.get_docstring(ast.parse(FILES[name].read_text("utf-8"))) or ""


def takings(names: Sequence[str], jobs: int = 0) -> Iterator[Taking]:
    """Grade these in one run; each as soon as it is done."""
    with tempfile.TemporaryDirectory(prefix="chatgrade-cheats-") as folder:
        Path(folder).chmod(0o755)
        handed_in = {name: _handed_in(name, Path(folder)) for name in names}
        setup = class_request(LAB, _tasks(names[0]), [handed_in[names[0]]], _options()).setup(Path(folder), {})
        with workers_for(LAB, setup, "auto", jobs, (PROJECT, Path(folder))) as workers:
            yield from run_all(LAB, (_one(name, path) for name, path in handed_in.items()), workers)


def _handed_in(name: str, folder: Path) -> Path:
    """Its program under the name that a student's would have."""
    [file] = KINDS[FILES[name].parent.name]
    path = folder / name / file
    path.parent.mkdir()
    path.write_bytes(FILES[name].read_bytes())
    return path


def _tasks(name: str) -> tuple[str, ...]:
    """What `chatgrade all` runs, or for Task 5's programs `chatgrade task5`."""
    return (LAB.bonus,) if FILES[name].parent.name.startswith("framed") else tuple(t.id for t in LAB.catalogue.tasks)


def _options() -> RunOptions:
    return RunOptions(seed=None, python=OWN_PYTHON, config=None, terminal="auto", jobs=None, quiet=True, no_color=True)


def _one(name: str, path: Path) -> Grading[Taking]:
    with intake.taken_in(path) as taken:
        request = class_request(LAB, _tasks(name), [path], _options())
        return Taking(name, (yield from grading(LAB, request, taken, Reporter())))


def main() -> int:
    """Grade all, or those named; the status tells whether any got more than half."""
    parser = argparse.ArgumentParser(prog="python tests cheats", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="checks at a time; else one per processor")
    parser.add_argument("--checks", action="store_true", help="name the checks that each passes")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such cheat: {', '.join(sorted(unknown))}")
    above = 0
    for taking in takings(arguments.names, arguments.jobs):
        above += 2 * taking.earned > taking.possible
        passed = [f"  passes {' '.join(taking.passed) or 'nothing'}"] if arguments.checks else []
        print(taking, *passed, sep="\n", flush=True)
    print(f"{len(arguments.names)} cheats, {above} of them above half")
    return bool(above)


if __name__ == "__main__":
    sys.exit(main())
