"""The mutation test: right programs, each with one fault made by rule, are graded; what no check sees survives.

    python tests mutants [--base NAME]... [--sample N --seed S] [--list] [--jobs N]

A mutant dies at the first check with points that it fails, so the most telling checks run first. A survivor is a gap in the
checks unless `tests/mutation/survivors.toml` says why it is no fault by the contract.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.cli.options import OWN_PYTHON, RunOptions
from grader.cli.request import class_request
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Status
from grader.run.pool import processors
from grader.run.runner import Grading, Step, run_all, workers_for
from support import corpus
from support.mutant_operators import Mutant, mutants
from support.verdicts import LAB

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LISTED = corpus.TESTS / "mutation" / "survivors.toml"
SERVER, CLIENT, FRAMED_SERVER, FRAMED_CLIENT = corpus.PROGRAMS
BASES = {
    **{f"{corpus.REFERENCE}/{file}": (corpus.REFERENCE, file) for file in corpus.PROGRAMS},
    **{
        f"{name}/{file}": (name, file)
        for name, file in (
            ("codelab_style", SERVER),
            ("socketserver_threading", SERVER),
            ("selectors_out_buffers", SERVER),
            ("asyncio_streams", SERVER),
            ("client_name_before_connecting", CLIENT),
            ("framed_threads_recv_exact", FRAMED_SERVER),
            ("framed_client_listener_thread", FRAMED_CLIENT),
        )
    },
}
"""Right programs, by the name that the ids of their mutants begin with: the submission and the file."""

TELLING = {
    SERVER: [
        ["task1.leave"],
        ["task1.broadcast", "task1.exit", "task3.announce"],
        [
            "task1.join",
            "task1.blank-name",
            "task2.merged",
            "task2.name-and-message",
            "task3.no-argument",
            "task4.mass-death",
        ],
        ["task2.split", "task2.crlf", "task2.bad-utf8", "task4.before-name", "task4.reset", "task1.unicode"],
    ],
    CLIENT: [["task1.client-exit"], ["task1.client-shows-while-typing", "task2.client-merged"]],
    FRAMED_SERVER: [["task5.frames"], ["task5.merged", "task5.truncated", "task5.binary"]],
    FRAMED_CLIENT: [["task5.client-frames"], ["task5.client-shows"]],
}
"""The checks that most mutants die of, in the order in which they run; all others come after."""


@dataclass(frozen=True)
class Judged:
    """What became of a mutant: the check that killed it, or none; what the grader could not judge; the time it took."""

    mutant: Mutant
    killed_by: str
    errors: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Listed:
    """The hand-kept list: id -> reason."""

    equivalent: Mapping[str, str]
    either: Mapping[str, str]  # faults that show only now and then: these may survive, and need not

    @property
    def known(self) -> set[str]:
        """All ids on the list."""
        return {*self.equivalent, *self.either}


@functools.cache
def mutants_of(base: str) -> Sequence[Mutant]:
    """All mutants of a base."""
    name, file = BASES[base]
    return mutants(base, corpus.files(name)[file], output_counts=file in (CLIENT, FRAMED_CLIENT))


def base_of(mutant: Mutant) -> str:
    """The base that a mutant was made of."""
    return mutant.id.partition(":")[0]


def listed() -> Listed:
    """The list as it is kept."""
    content = tomllib.loads(LISTED.read_text("utf-8"))
    by_kind = [
        {one: entry["why"] for entry in content.get(kind, []) for one in entry["mutants"]}
        for kind in ("equivalent", "either")
    ]
    return Listed(*by_kind)


# -- grading -----------------------------------------------------------------------------------------------------------


def steps(file: str) -> list[list[str]]:
    """The checks with points that a program takes part in, the most telling first."""
    framed, kind = file in (FRAMED_SERVER, FRAMED_CLIENT), "server" if file in (SERVER, FRAMED_SERVER) else "client"
    checks = [
        one for one in LAB.catalogue if one.points and (one.task == LAB.bonus) is framed and one.runs in (kind, "both")
    ]
    first = TELLING[file]
    rest = [check for check in checks if check.id not in itertools.chain(*first)]
    return [*first, [one.id for one in rest if one.runs == kind], [one.id for one in rest if one.runs == "both"]]


def judged(chosen: Iterable[Mutant], seed: int = 1, jobs: int = 0) -> Iterator[Judged]:
    """Grade these in one run; each as soon as it is known."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        workers = workers_for(LAB, _setup(place, {}, seed), "auto", jobs or 2 * processors(), (place,))
        with workers as pool:
            yield from run_all(LAB, (_grading(one, place, seed) for one in chosen), pool)


def _setup(folder: Path, files: Mapping[str, Path], seed: int) -> RunSpec:
    tasks = tuple(task.id for task in LAB.catalogue.tasks)
    options = RunOptions(
        seed=seed, python=OWN_PYTHON, config=None, terminal="auto", jobs=None, quiet=True, no_color=True
    )
    return class_request(LAB, tasks, [folder], options).setup(folder, files)


def _grading(mutant: Mutant, place: Path, seed: int) -> Grading[Judged]:
    """Run step after step until a check fails."""
    name, file = BASES[base_of(mutant)]
    folder = Path(tempfile.mkdtemp(dir=place))
    folder.chmod(0o755)
    for other, content in {**corpus.files(corpus.REFERENCE), **corpus.files(name), file: mutant.source}.items():
        (folder / other).write_bytes(content)
    setup = _setup(folder, {role: folder / program for role, program in LAB.files.items()}, seed)
    errors: list[str] = []
    seconds = 0.0
    try:
        for wanted in steps(file):
            results = (yield Step(setup, wanted)).results
            seconds += sum(result.seconds for result in results)
            errors += [f"{result.id}: {result.summary}" for result in results if result.status is Status.ERROR]
            if killer := next((result.id for result in results if _kills(result)), ""):
                return Judged(mutant, killer, tuple(errors), seconds)
        return Judged(mutant, "", tuple(errors), seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kills(result: CheckResult) -> bool:
    return result.points > 0 and result.status in (Status.FAIL, Status.SKIP)


# -- the command -------------------------------------------------------------------------------------------------------


def difference(mutant: Mutant) -> str:
    """What a mutant changes, as a small patch."""
    name, file = BASES[base_of(mutant)]
    old, new = (content.decode("utf-8-sig").splitlines() for content in (corpus.files(name)[file], mutant.source))
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=2))[2:])


def main() -> int:
    """Grade mutants; print the survivors that nobody has listed, and how many died of what."""
    parser = argparse.ArgumentParser(prog="python tests mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", action="append", choices=BASES, metavar="NAME", help=f"one of {', '.join(BASES)}")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="only so many, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of the sample, and of names and texts")
    parser.add_argument("--id", action="append", default=[], help="only these mutants")
    parser.add_argument("--list", action="store_true", help="print their ids, and grade none")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="checks at a time")
    asked = parser.parse_args()
    chosen = [mutant for base in asked.base or BASES for mutant in mutants_of(base)]
    chosen = [mutant for mutant in chosen if not asked.id or mutant.id in asked.id]
    if asked.sample:
        chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
    if asked.list:
        print(*(mutant.id for mutant in chosen), f"{len(chosen)} mutants", sep="\n")
        return 0
    return _report(chosen, asked.seed, asked.jobs)


def _report(chosen: Sequence[Mutant], seed: int, jobs: int) -> int:
    """Print what becomes of these mutants."""
    known, started, all_judged = listed(), time.monotonic(), []
    for one in judged(chosen, seed, jobs):
        all_judged.append(one)
        if not one.killed_by and one.mutant.id not in known.known:
            print(
                f"\n{one.mutant.id} (line {one.mutant.line})", difference(one.mutant), *one.errors, sep="\n", flush=True
            )
        elif one.killed_by and one.mutant.id in known.equivalent:
            print(f"\n{one.mutant.id}: listed as equivalent, but killed by {one.killed_by}", flush=True)
    killers = Counter(one.killed_by for one in all_judged)
    survivors = killers.pop("", 0)
    on_list = sum(not one.killed_by and one.mutant.id in known.known for one in all_judged)
    print("\nkilled by:", *(f"{count:6} {check}" for check, count in killers.most_common()), sep="\n")
    print(
        f"{len(all_judged)} mutants: {sum(killers.values())} killed, {survivors} survived, {on_list} of these listed; "
        f"{time.monotonic() - started:.0f} s"
    )
    return int(survivors > on_list)


if __name__ == "__main__":
    sys.exit(main())
