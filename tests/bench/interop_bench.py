"""What it costs to have every client meet every server, beside the floor: the same programs started and stopped.

    python tests interop_bench [--count N] [--rounds N] [--isolation LEVEL]

The class is made of right programs of tests/corpus; the references take part. A floor run starts the two programs of each
pair with the tool's own means, on as many workers: a server until it listens, a client until it waits for its first line.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.class_bench import SLOW
from bench.run_bench import clients, timed
from support.right_pairs import PYTHON, meeting, right, with_pairings

from grader.installed import load
from grader.model.catalogue import Check
from grader.model.codelab import Pairing
from grader.model.setup import RunSpec
from grader.run.runner import run_all, workers_for

TIMERS = (*SLOW, "batches", "typewriter", "heartbeat")


def make_class(folder: Path, pairing: Pairing, count: int) -> list[Path]:
    """So many hand-ins of a right client and a right server; none that waits by the clock, for that would be measured."""
    codelab = load()
    servers, callers = (
        [program for program in right(codelab, role) if not any(word in program.parent.name for word in TIMERS)]
        for role in (pairing.server, pairing.client)
    )
    places = [folder / f"student{number:02}" for number in range(count)]
    for number, place in enumerate(places):
        for programs in (servers, callers):
            source = programs[number % len(programs)].parent
            shutil.copytree(source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.toml"))
    return places


def floor(places: list[Path], isolation: str) -> None:
    """Start and stop the programs of every pair."""
    codelab = load()
    pairing = replace(codelab.pairings[0], check=Check("floor.pair", "", 0, "both", (), clients(1)))
    codelab = with_pairings(replace(codelab, pairings=(pairing,)))
    servers, callers = (
        [pairing.references[role], *(place / codelab.files[role] for place in places)]
        for role in (pairing.server, pairing.client)
    )
    common = RunSpec(places[0].parent, {}, PYTHON, codelab.port, codelab.wording, 1, codelab.files)
    needed = (places[0].parent, servers[0].parent)
    with workers_for(codelab, common, isolation, 0, needed) as workers:
        pairs = (meeting(codelab, pairing, client, server) for client in callers for server in servers)
        for client, server, result in run_all(codelab, pairs, workers):
            assert result.status.value == "pass", (client, server, result.summary)


def command(folder: Path, out: Path, isolation: str) -> None:
    """Have them meet."""
    arguments = ["interop", str(folder), "-o", str(out), "--isolation", isolation]
    subprocess.run([sys.executable, "-m", "grader", *arguments], check=True, capture_output=True)


def main() -> None:
    """Make the class, measure both in turn, tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--isolation", default="full")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "class")
        places = make_class(folder, load().pairings[0], asked.count)
        floors, times, again = [], [], []
        for number in range(asked.rounds):
            out = Path(temporary, f"out{number}")
            floors.append(timed(lambda: floor(places, asked.isolation)))
            times.append(timed(partial(command, folder, out, asked.isolation)))
            again.append(timed(partial(command, folder, out, asked.isolation)))
        with (places[0] / load().files["client"]).open("a") as file:
            file.write("# changed\n")
        changed = timed(lambda: command(folder, out, asked.isolation))
    low, middle = statistics.median(floors), statistics.median(times)
    pairs = (asked.count + 1) ** 2
    print(
        f"{asked.count} clients by {asked.count} servers and the references: {pairs} pairs, isolation {asked.isolation}"
    )
    print(f"floor {low:6.2f} s   {low / pairs * 1000:5.0f} ms a pair")
    print(f"meet  {middle:6.2f} s   {middle / pairs * 1000:5.0f} ms a pair   {middle / low:.2f} x floor")
    print(f"again, nothing changed {statistics.median(again):.2f} s; one student changed {changed:.2f} s")


if __name__ == "__main__":
    main()
