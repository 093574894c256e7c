"""Grade the corpus again and again, idle and beside busy loops, and keep every verdict that differs.

    python tests soak [--minutes M] [--busy N] [--keep FILE] [NAME]...

Each turn has a seed of its own; every second turn runs beside N busy loops. At the end: how many verdicts, how many differed, and
the slowest submissions, in seconds and as multiples of the reference's time in the same kind of turn.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from support import corpus
from support.verdicts import checks_of, difference, reports

_LOOP = "while True: pass"
_SLOWEST = 10


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Within the block as many processes take all the processor time that they get."""
    running = [subprocess.Popen([sys.executable, "-c", _LOOP]) for _ in range(loops)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def main() -> int:
    """Grade until the time is over; print what differs."""
    parser = argparse.ArgumentParser(prog="python tests soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", default=corpus.NAMES)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--busy", type=int, default=4, metavar="N", help="busy loops in every second turn")
    parser.add_argument("--keep", type=Path, help="a file to which each verdict that differs is added")
    asked = parser.parse_args()
    ends = time.monotonic() + 60 * asked.minutes
    verdicts = 0
    changed: list[str] = []
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for turn in itertools.count():
        loops = asked.busy * (turn % 2)
        kind = f"beside {loops} busy loops" if loops else "quiet"
        with busy(loops):
            for name, report in reports(dict.fromkeys([corpus.REFERENCE, *asked.names], ())):
                found = difference(name, report)
                verdicts += len(checks_of(report))
                seconds[kind, name].append(sum(check["seconds"] for check in checks_of(report).values()))
                changed += found
                _keep(asked.keep, found)
                if time.monotonic() > ends:
                    return _told(verdicts, changed, seconds)
        print(f"turn {turn + 1} ({kind}): {verdicts:,} verdicts so far, {len(changed)} differ", flush=True)
    return 0


def _keep(file: Path | None, found: Sequence[str]) -> None:
    for line in found:
        print(line, flush=True)
    if file and found:
        with file.open("a", encoding="utf-8") as kept:
            kept.writelines(f"{line}\n" for line in found)


def _told(verdicts: int, changed: Sequence[str], seconds: dict[tuple[str, str], list[float]]) -> int:
    """Print the sums and the slowest; 1 if a verdict differed."""
    for kind in sorted({kind for kind, _ in seconds}):
        times = {name: statistics.median(took) for (of, name), took in seconds.items() if of == kind}
        usual = times.get(corpus.REFERENCE)
        print(f"\nThe slowest, {kind}, in seconds of all checks together and as multiples of the reference's:")
        for name in sorted(times, key=lambda one: -times[one])[:_SLOWEST]:
            ratio = f"{times[name] / usual:5.1f}" if usual else "    -"
            print(f"{times[name]:8.1f} {ratio}  {name}")
    print(f"\n{verdicts:,} verdicts, {len(changed)} differed")
    return bool(changed)


if __name__ == "__main__":
    sys.exit(main())
