"""A class on a Dask cluster of processes on this machine: the verdicts are the local ones, whoever dies or refuses."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("dask.distributed")

SUBMISSIONS = Path(__file__).parent / "submissions"
HANDED_IN = ("rlock_broadcast", "no_name_command", "echoes_to_sender", "syntax_error")
LEVEL = "network"


def batch(*arguments: object) -> subprocess.Popen[str]:
    """Begin to grade a class, Task 3 alone."""
    command = [sys.executable, "-m", "grader", "batch", *map(str, arguments), "--task", "task3", "--seed", "1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def graded(*arguments: object) -> str:
    """Grade a class; what was said."""
    run = batch(*arguments)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    return out


def table(out: Path) -> bytes:
    """The final export."""
    command = [sys.executable, "-m", "grader", "export", str(out), "--format", "csv"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@contextlib.contextmanager
def cluster(*environments: dict[str, str]) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and a worker for each environment: the address, and the workers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    port = address.rpartition(":")[2]
    scheduler = subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet)
    command = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    workers = [subprocess.Popen(command, env={**os.environ, **more}, **quiet) for more in environments]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """A class, and the table that grading it here gives."""
    base = tmp_path_factory.mktemp("classes")
    folder = base / "class"
    for number, name in enumerate(HANDED_IN * 2):
        shutil.copytree(SUBMISSIONS / name, folder / f"student{number}", ignore=shutil.ignore_patterns("expected.toml"))
        with (folder / f"student{number}" / "simple_chat_server.py").open("a") as program:
            program.write(f"# {number}\n")
    graded(folder, "-o", base / "local", "--isolation", LEVEL)
    return folder, table(base / "local")


def test_a_worker_is_killed(classes, tmp_path):
    """With one of two workers killed in mid-run, each hand-in is graded once, and the export is the local one."""
    folder, local = classes
    with cluster({}, {}) as (address, workers):
        run = batch(folder, "-o", tmp_path / "out", "--isolation", LEVEL, "--cluster", address)
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("out/*-wal")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(4)
        workers[0].kill()
        out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    assert sum(line.split()[0].endswith("/8") for line in out.splitlines() if "student" in line) == 8
    assert table(tmp_path / "out") == local


def test_a_worker_that_cannot_isolate_refuses(classes, tmp_path):
    """A worker without bubblewrap grades nobody at full isolation, and is named; the other one does its work."""
    if not shutil.which("bwrap"):
        pytest.skip("needs bubblewrap")
    folder, local = classes
    with cluster({"PATH": str(tmp_path)}, {}) as (address, _):
        said = graded(folder, "-o", tmp_path / "out", "--isolation", "full", "--cluster", address)
    assert "refused: there is no bwrap on this machine: install the package bubblewrap" in said
    assert table(tmp_path / "out") == local


def test_nobody_can(classes, tmp_path):
    """Where every worker refuses, the batch ends with their reason, and status 3."""
    folder, _ = classes
    with cluster({"PATH": str(tmp_path)}) as (address, _):
        run = batch(folder, "-o", tmp_path / "out", "--isolation", "full", "--cluster", address)
        _, err = run.communicate(timeout=300)
    assert run.returncode == 3
    assert err.startswith("chatgrade: no worker of the cluster can grade: there is no bwrap on this machine")


def test_no_scheduler(classes, tmp_path):
    """An address at which there is no scheduler is told in one sentence, with status 3."""
    folder, _ = classes
    run = batch(folder, "-o", tmp_path / "out", "--cluster", "tcp://127.0.0.1:9")
    _, err = run.communicate(timeout=300)
    assert (run.returncode, "Traceback" in err) == (3, False)
    assert err.startswith("chatgrade: tcp://127.0.0.1:9: there is no Dask scheduler (")
