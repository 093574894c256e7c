"""What a run costs above its floor: starting as many servers until they listen, and stopping them again.

    python tests/bench.py [--rounds N]

Both are measured in turn, in the same run, with the same number of workers and in the same private networks; the figure is
the ratio of their medians. A floor run uses the tool's own start and stop, and no check.
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

from grader import runner
from grader.check import Catalogue, Check, Task
from grader.codelab import load
from grader.room import Setup

TESTS = Path(__file__).parent
RIGHT = TESTS.parent / "reference" / "simple_chat_server.py"
OTHERS = {
    "right (RLock)": TESTS / "submissions" / "rlock_broadcast" / "simple_chat_server.py",
    "wrong (codelab's two faults)": TESTS / "submissions" / "codelab_two_faults" / "simple_chat_server.py",
    "wrong (relays EXIT)": TESTS / "submissions" / "exit_relayed" / "simple_chat_server.py",
}


def nothing(_room: object) -> None:
    """Ask for nothing: the room has started the server, and will stop it."""


def floor_catalogue(count: int) -> Catalogue:
    """As many checks that do nothing."""
    checks = tuple(Check(f"floor.{number}", "", 0, "server", (), nothing) for number in range(count))
    return Catalogue([Task("floor", "", checks)])


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def grade(catalogue: Catalogue, server: Path) -> Callable[[], object]:
    """A run of all checks of the catalogue on a server."""
    lab = replace(load(), catalogue=catalogue)
    setup = Setup(server, server.parent, sys.executable, lab.port, lab.wording, 1)
    return lambda: runner.run_checks(lab, [check.id for check in catalogue], setup)


def main() -> None:
    """Measure in turn and print the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    real = load().catalogue
    count = len(list(real)) + 1  # task1.restart starts two
    floor = floor_catalogue(count)
    command = [sys.executable, "-m", "grader", "all", str(RIGHT), "--json", os.devnull, "-q"]
    actions = {
        "floor": grade(floor, RIGHT),
        "right (reference)": grade(real, RIGHT),
        **{name: grade(real, server) for name, server in OTHERS.items()},
        "command `chatgrade all reference`": lambda: subprocess.run(command, capture_output=True, check=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            seconds[name].append(timed(action))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"{count} servers, {len(os.sched_getaffinity(0))} workers, median of {rounds} rounds")
    for name, median in medians.items():
        print(f"{name:36} {median:6.3f} s   {median / medians['floor']:5.2f} x floor")


if __name__ == "__main__":
    main()
