"""Have right programs of tests/corpus meet, and print every pair that fails: a right program must never be blamed.

    python tests right_pairs [--isolation LEVEL] [--sample N | --partners] [--seed N]

All of them meet the references; with `--sample`, so many pairs of right ones drawn at random meet, too. With `--partners`, each
meets a right one drawn at random instead, the references among them: half as many pairs.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from grader.installed import load
from grader.model.catalogue import Catalogue, Task
from grader.model.codelab import Codelab, Pairing
from grader.model.setup import RunSpec
from grader.model.verdict import CheckResult, Status
from grader.run.runner import Grading, Step, run_all, workers_for
from support import corpus
from support.verdicts import is_right

PYTHON = sys.executable  # not the one behind it, which may have much installed, and begin slowly for that


def with_pairings(codelab: Codelab) -> Codelab:
    """The codelab, with the checks of its pairings in the catalogue."""
    return replace(codelab, catalogue=Catalogue([Task("interop", "", tuple(one.check for one in codelab.pairings))]))


def right(codelab: Codelab, role: str) -> list[Path]:
    """The right programs of a role."""
    file = codelab.files[role]
    return [corpus.folder_of(name) / file for name in corpus.NAMES if file in corpus.programs(name) and is_right(name)]


def pairs(codelab: Codelab, sample: int, seed: int) -> Iterator[tuple[Pairing, Path, Path]]:
    """Clients with servers: each with the reference, and some with each other."""
    others = []
    for pairing in codelab.pairings:
        clients, servers = right(codelab, pairing.client), right(codelab, pairing.server)
        yield from ((pairing, client, pairing.references[pairing.server]) for client in clients)
        yield from ((pairing, pairing.references[pairing.client], server) for server in servers)
        others += [(pairing, client, server) for client in clients for server in servers]
    yield from random.Random(seed).sample(others, min(sample, len(others)))


def partners(codelab: Codelab, seed: int) -> Iterator[tuple[Pairing, Path, Path]]:
    """Clients with servers, so that each program, the references too, is in one pair at least: drawn at random."""
    chance = random.Random(seed)
    for pairing in codelab.pairings:
        clients, servers = (
            [*right(codelab, role), pairing.references[role]] for role in (pairing.client, pairing.server)
        )
        chance.shuffle(clients)
        chance.shuffle(servers)
        drawn = zip(cycle(clients), cycle(servers))
        yield from ((pairing, *pair) for pair in islice(drawn, max(len(clients), len(servers))))


def meeting(codelab: Codelab, pairing: Pairing, client: Path, server: Path) -> Grading[tuple[Path, Path, CheckResult]]:
    """What becomes of one pair."""
    files = {pairing.client: client, pairing.server: server}
    setup = RunSpec(
        server.parent, files, PYTHON, codelab.port, codelab.wording, 1, codelab.files, others=(client.parent,)
    )
    outcome = yield Step(setup, [pairing.check.id])
    return client, server, outcome.results[-1]


def main() -> int:
    """Run them, tell which fail."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--isolation", default="full", help="full, network or none")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--sample", type=int, default=0, metavar="N", help="pairs of right programs")
    how.add_argument("--partners", action="store_true", help="one right program for each, drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    codelab = with_pairings(load())
    chosen = list(partners(codelab, asked.seed) if asked.partners else pairs(codelab, asked.sample, asked.seed))
    references = next(iter(codelab.pairings[0].references.values())).parent
    common = RunSpec(references, {}, PYTHON, codelab.port, codelab.wording, 1, codelab.files)
    failed, started = 0, time.monotonic()
    with workers_for(codelab, common, asked.isolation, 0, corpus.places()) as workers:
        for client, server, result in run_all(codelab, (meeting(codelab, *one) for one in chosen), workers):
            if result.status is not Status.PASS:
                failed += 1
                told = f"{result.failure.step}: {result.failure.observed}" if result.failure else ""
                names = f"{client.parent.name} with {server.parent.name}"
                print(f"{names}: {result.status.value}: {result.summary} | {told}")
    seconds = time.monotonic() - started
    print(f"{len(chosen)} pairs of right programs (--seed {asked.seed}), {failed} fail, {seconds:.0f} s")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
