"""What a run costs above its floor: starting as many programs until they are ready, and stopping them again.

    python tests run_bench [--rounds N]

Both are measured in turn, in the same run, with the same number of workers and at the same isolation (network, but for the
last table, which compares it with full isolation); the figure is the ratio of their medians. A floor run uses the tool's own
start and stop, and no check: a server is ready when it listens, a client when it waits for its first line at its terminal.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from support import corpus

from grader.installed import load
from grader.model.catalogue import Catalogue, Check, Task
from grader.model.setup import RunSpec
from grader.run import runner
from tasks.chat.room import ChatRoom

REFERENCE = corpus.PROJECT / "reference"
OTHERS = {
    "right (RLock)": "rlock_broadcast",
    "wrong (codelab's two faults)": "codelab_two_faults",
    "wrong (relays EXIT)": "exit_relayed",
}
CLIENTS_IN = {
    "task1.together": 2,
    "task3.together": 2,
    "task5.together": 2,
}  # the other checks that run a client run one


def nothing(_room: ChatRoom) -> None:
    """Ask for nothing: the room has started what there is to start, and will stop it."""


def clients(count: int) -> Callable[[ChatRoom], None]:
    """Start so many clients, until they wait."""

    def start(room: ChatRoom) -> None:
        for _ in range(count):
            room.user()
            room.rest()

    return start


def floor_of(catalogue: Catalogue, kinds: tuple[str, ...]) -> Catalogue:
    """For each check of these kinds one that starts the same programs, and does nothing with them."""
    checks: list[Check] = []
    for check in catalogue:
        if check.runs in kinds:
            function = nothing if check.runs == "server" else clients(CLIENTS_IN.get(check.id, 1))
            checks.append(Check(f"floor.{len(checks)}", "", 0, check.runs, (), function))
    if "server" in kinds:  # task1.restart starts two
        checks.append(Check(f"floor.{len(checks)}", "", 0, "server", (), nothing))
    return Catalogue([Task("floor", "", tuple(checks))])


def only(catalogue: Catalogue, kinds: tuple[str, ...], *, bonus: bool = False) -> Catalogue:
    """The checks of these kinds, of the bonus task or of all others, without what they need of others."""
    bonuses = {task.id for task in catalogue.tasks if task.bonus}
    ids = {check.id for check in catalogue if check.runs in kinds and (check.task in bonuses) is bonus}
    tasks = []
    for task in catalogue.tasks:
        kept = (replace(one, needs=tuple(need for need in one.needs if need in ids)) for one in task.checks)
        tasks.append(replace(task, checks=tuple(one for one in kept if one.id in ids)))
    return Catalogue(tasks)


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def grade(catalogue: Catalogue, folder: Path, isolation: str = "network") -> Callable[[], object]:
    """A run of all checks of the catalogue on the programs of a folder."""
    codelab = replace(load(), catalogue=catalogue)
    files = {role: folder / name for role, name in codelab.files.items() if (folder / name).exists()}
    setup = RunSpec(folder, files, sys.executable, codelab.port, codelab.wording, 1)
    return lambda: runner.run_checks(codelab, [check.id for check in catalogue], setup, isolation=isolation)


def compare(title: str, floor: str, actions: dict[str, Callable[[], object]], rounds: int) -> None:
    """Measure in turn and print the ratios to the floor."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            seconds[name].append(timed(action))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"{title}, {len(os.sched_getaffinity(0))} workers, median of {rounds} rounds")
    for name, median in medians.items():
        print(f"{name:36} {median:6.3f} s   {median / medians[floor]:5.2f} x floor")


def main() -> None:
    """Compare the server's checks with their floor, and the clients' with theirs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    everything = load().catalogue
    servers = only(everything, ("server",))
    compare(
        f"{len(list(servers)) + 1} servers",
        "floor",
        {
            "floor": grade(floor_of(servers, ("server",)), REFERENCE),
            "right (reference)": grade(servers, REFERENCE),
            **{name: grade(servers, corpus.folder_of(folder)) for name, folder in OTHERS.items()},
        },
        rounds,
    )
    kinds = ("client", "both")
    clients_only = only(everything, kinds)
    framed = only(everything, ("server", *kinds), bonus=True)
    command = [sys.executable, "-m", "grader", "all", str(REFERENCE), "--json", os.devnull, "-q"]
    compare(
        f"{len(list(clients_only))} checks that run clients",
        "floor",
        {
            "floor": grade(floor_of(clients_only, kinds), REFERENCE),
            "right (reference)": grade(clients_only, REFERENCE),
        },
        rounds,
    )
    compare(
        f"{len(list(framed))} checks of the bonus, and all of them by command",
        "floor",
        {
            "floor": grade(floor_of(framed, ("server", *kinds)), REFERENCE),
            "right (reference)": grade(framed, REFERENCE),
            "command `chatgrade all reference`": lambda: subprocess.run(command, capture_output=True, check=True),
        },
        rounds,
    )
    compare(
        f"{len(list(everything))} checks of the reference by isolation",
        "network",
        {level: grade(everything, REFERENCE, level) for level in ("network", "full")},
        rounds,
    )


if __name__ == "__main__":
    main()
