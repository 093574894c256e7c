"""A class on a Dask cluster of processes on this machine: the verdicts are the local ones, whoever dies or refuses.

One scheduler serves all tests, with a worker that has no bubblewrap; a test that needs another worker starts it for itself.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import corpus
from support.waiting import saved, until

from grader.batch.store import Store
from grader.reports.registry import export
from grader.system import procfs

pytestmark = [
    pytest.mark.machine,
    # Not importorskip(): importing it takes half a second, of every process that only collects these tests.
    pytest.mark.skipif(not importlib.util.find_spec("distributed"), reason="needs Dask"),
]

on_the_cluster = pytest.mark.xdist_group("cluster")
HANDED_IN = ("rlock_broadcast", "no_name_command", "syntax_error", "syntax_error")
LEVEL = "network"
DASK = (sys.executable, "-m", "dask")


def batch(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Begin to grade a class, Task 3 alone."""
    command = [sys.executable, "-m", "grader", "batch", *map(str, arguments), "--task", "task3", "--seed", "1"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )


def graded(*arguments: object) -> str:
    """Grade a class; what was said."""
    run = batch(*arguments)
    out, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    return out


def table(out: Path) -> bytes:
    """The final export."""
    with Store(out) as store:
        return export(store.whole_class(), "csv").files["grades.csv"]


class Cluster:
    """A scheduler on this machine; its log tells which workers it has."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "scheduler.log"
        self._environment = {**os.environ, "DASK_TEMPORARY_DIRECTORY": str(folder)}
        command = [*DASK, "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
        with self._log.open("w") as log:
            self._scheduler = subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)
        self.address = self._told(r"Scheduler at: +(tcp://\S+)\n")

    def _told(self, pattern: str) -> str:
        """Wait for a text in the scheduler's log; the first group of it."""
        until(lambda: re.search(pattern, self._log.read_text()), otherwise=self._log.read_text)
        found = re.search(pattern, self._log.read_text())
        assert found is not None
        return found[1]

    @contextlib.contextmanager
    def worker(self, name: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of that name, known to the scheduler from the beginning to the end of the block."""
        process = subprocess.Popen(
            [*DASK, "worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**self._environment, **environment},
        )  # fmt: skip
        try:
            self._told(rf"Register worker .*\bname: ({name})\b")
            yield process
        finally:
            end(process)
        self._told(rf"Remove worker .*\bname: ({name})\b")

    def close(self) -> None:
        """End the scheduler."""
        end(self._scheduler)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it, and wait until it has ended."""
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler, and a worker that finds no bubblewrap: it refuses full isolation, and does without at other levels."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "empty").mkdir()
    with contextlib.closing(Cluster(folder)) as cluster, cluster.worker("bare", PATH=str(folder / "empty")):
        yield cluster


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    """A class of four, no two of them the same to the byte: one is right, one is wrong, two cannot be run."""
    folder = tmp_path_factory.mktemp("handed-in") / "class"
    for number, name in enumerate(HANDED_IN):
        place = folder / f"student{number}"
        corpus.copy(name, place)
        with (place / "simple_chat_server.py").open("a") as program:
            program.write(f"# {number}\n")
    return folder


@pytest.fixture(scope="module")
def local(handed_in, tmp_path_factory):
    """The table that grading the class here gives."""
    out = tmp_path_factory.mktemp("local")
    graded(handed_in, "-o", out, "--isolation", LEVEL)
    return table(out)


@on_the_cluster
def test_a_worker_is_killed(cluster, handed_in, local, tmp_path):
    """With one of two workers killed in mid-run, each hand-in is graded once, and the export is the local one."""
    out = tmp_path / "out"
    with cluster.worker("victim") as victim:
        run = batch(handed_in, "-o", out, "--isolation", LEVEL, "--cluster", cluster.address)
        until(lambda: saved(out, "submissions WHERE report IS NOT NULL") and procfs.descendants(victim.pid))
        assert run.poll() is None
        victim.kill()
        told, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    told_of = re.findall(rf"^ *\d/{len(HANDED_IN)} +(student\d) ", told, re.MULTILINE)
    assert sorted(told_of) == [f"student{number}" for number in range(len(HANDED_IN))]
    assert table(out) == local


@on_the_cluster
def test_a_worker_that_cannot_isolate_refuses(cluster, handed_in, local, tmp_path):
    """A worker without bubblewrap grades nobody at full isolation, and is named; the other one does its work."""
    if not shutil.which("bwrap"):
        pytest.skip("needs bubblewrap")
    with cluster.worker("able"):
        said = graded(handed_in, "-o", tmp_path / "out", "--isolation", "full", "--cluster", cluster.address)
    assert "refused: there is no bwrap on this machine: install the package bubblewrap" in said
    assert table(tmp_path / "out") == local


@on_the_cluster
def test_nobody_can(cluster, handed_in, tmp_path):
    """Where every worker refuses, the batch ends with their reason, and status 3."""
    run = batch(handed_in, "-o", tmp_path / "out", "--isolation", "full", "--cluster", cluster.address)
    _, err = run.communicate(timeout=300)
    assert run.returncode == 3
    assert err.startswith("chatgrade: no worker of the cluster can grade: there is no bwrap on this machine")


def test_no_scheduler(handed_in, tmp_path):
    """An address at which there is no scheduler is told in one sentence, with status 3."""
    soon = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}  # Dask's own setting of how long to wait for an answer
    run = batch(handed_in, "-o", tmp_path / "out", "--cluster", "tcp://127.0.0.1:9", **soon)
    _, err = run.communicate(timeout=300)
    assert (run.returncode, "Traceback" in err) == (3, False)
    assert err.startswith("chatgrade: tcp://127.0.0.1:9: there is no Dask scheduler (")
