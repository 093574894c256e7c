"""A class of many hand-ins: how fast it is graded, in how much memory, and whether it survives being killed.

    python tests class_bench [--count N] [--kills N] [--jobs N] [--cluster]

The class is made of tests/corpus in turn, a little different each, and graded at full isolation. Printed are checks per
second beside those of the floor (the same programs started and stopped, and no check), the peak memory of the grading
process, and whether a run that was killed again and again, with SIGKILL at random moments, ends with the same export as
one that was left alone. With `--cluster` the class is graded on a Dask cluster of two workers, too, one killed on the way.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from bench import run_bench as bench
from support import corpus

from grader.installed import load
from grader.model.catalogue import Catalogue

SLOW = ("polls", "sleeps", "timer", "clock", "backlog", "slow", "late", "delay", "never", "wait", "retries")
TASKS = ("--task", "task1", "--task", "task3")


def make_class(folder: Path, count: int) -> None:
    """So many hand-ins; those that wait by the clock are left out, for they would measure their own timers."""
    folder.mkdir()
    chosen = [
        name
        for name in corpus.NAMES
        if not name.startswith(("client_", "framed_")) and not any(word in name for word in SLOW)
    ]
    for number in range(count):
        name = chosen[number % len(chosen)]
        place = folder / f"student{number:04}"
        corpus.copy(name, place)
        for program in place.glob("*.py"):
            program.write_bytes(program.read_bytes() + f"\n# {place.name}\n".encode())


def batch(folder: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start to grade the class."""
    command = [sys.executable, "-m", "grader", "batch", str(folder), "-o", str(out), *TASKS, *options]
    return subprocess.Popen([*command, "--seed", "1", "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def finish(run: subprocess.Popen[bytes]) -> tuple[float, int, str]:
    """Wait for its end: seconds, the peak of its own memory in bytes (without the programs), what it said."""
    started, peak = time.monotonic(), 0
    while run.poll() is None:
        with contextlib.suppress(OSError, IndexError, ValueError):
            status = Path(f"/proc/{run.pid}/status").read_text()
            peak = max(peak, int(status.partition("VmHWM:")[2].split()[0]) << 10)
        time.sleep(0.02)
    assert run.stdout is not None
    return time.monotonic() - started, peak, run.stdout.read().decode()


def export(out: Path) -> bytes:
    """The final table."""
    command = [sys.executable, "-m", "grader", "export", str(out), "--format", "csv"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def killed_and_resumed(folder: Path, out: Path, kills: int, longest: float, jobs: str) -> float:
    """Kill the run so many times, at random moments, and let the last one end; the longest a whole run may take."""
    for _ in range(kills):
        run = batch(folder, out, "--jobs", jobs)
        time.sleep(random.uniform(0.2, longest / (kills + 1)))
        run.send_signal(signal.SIGKILL)
        run.wait()
    return finish(batch(folder, out, "--jobs", jobs))[0]


def on_a_cluster(folder: Path, out: Path) -> bytes:
    """Grade on two workers of a Dask cluster on this machine, one of them killed in mid-run; the export."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, started = (
        f"tcp://127.0.0.1:{port}",
        partial(subprocess.Popen, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
    )
    dask = [sys.executable, "-m", "dask"]
    parts = [started([*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"])]
    try:
        for _ in range(2):
            worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            parts.append(started(worker))
        run = batch(folder, out, "--cluster", address)
        time.sleep(8)
        parts[2].send_signal(signal.SIGKILL)
        seconds, _, said = finish(run)
        print(f"cluster, one of two workers killed: {seconds:.1f} s, status {run.returncode}\n{said}")
        return export(out)
    finally:
        for part in parts:
            part.kill()
            part.wait()


def checks_in(out: Path) -> int:
    """Checks that have been run, without those that were skipped."""
    database = sqlite3.connect(out / "chatgrade.sqlite")
    try:
        return int(database.execute("SELECT count(*) FROM checks WHERE status != 'skip'").fetchone()[0])
    finally:
        database.close()


def floor_rate(rounds: int = 3) -> float:
    """Servers that can be started and stopped in a second, at full isolation and with the same workers."""
    everything = load().catalogue
    servers = bench.only(Catalogue([task for task in everything.tasks if task.id in TASKS]), ("server",))
    floor = bench.floor_of(servers, ("server",))
    action = bench.grade(floor, bench.REFERENCE, "full")
    return len(list(floor)) / statistics.median(bench.timed(action) for _ in range(rounds))


def main() -> None:
    """Make the class, grade it, tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--jobs", default=str(len(os.sched_getaffinity(0))))
    parser.add_argument("--cluster", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        make_class(base / "class", asked.count)
        seconds, peak, said = finish(batch(base / "class", base / "out", "--jobs", asked.jobs))
        whole = export(base / "out")
        checks, floor = checks_in(base / "out"), floor_rate()
        print(f"{asked.count} hand-ins: {seconds:.1f} s, peak {peak >> 20} MB")
        print(f"{checks} checks, {checks / seconds:.1f} a second; floor {floor:.1f} a second\n{said}")
        again, _, said = finish(batch(base / "class", base / "out", "--jobs", asked.jobs))
        print(f"again: {again:.2f} s\n{said}")
        program = next((base / "class").glob("*/simple_chat_server.py"))
        program.write_bytes(program.read_bytes() + b"# changed\n")
        once, _, said = finish(batch(base / "class", base / "out", "--jobs", asked.jobs))
        print(f"one changed: {once:.2f} s\n{said}")
        whole = export(base / "out")
        if asked.kills:
            killed_and_resumed(base / "class", base / "killed", asked.kills, seconds, asked.jobs)
            print(f"killed {asked.kills} times: export {'equal' if export(base / 'killed') == whole else 'DIFFERENT'}")
        if asked.cluster:
            cluster = on_a_cluster(base / "class", base / "cluster")
            print(f"on a cluster: export {'equal' if cluster == whole else 'DIFFERENT'}")


if __name__ == "__main__":
    main()
