"""The command line among other processes: interrupted, killed, beside another run, on a port that is shared."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support import corpus
from support.commandline import NEVER_LISTENS, about, start
from support.waiting import until

from grader.quiescence import threads
from grader.system import procfs

pytestmark = pytest.mark.own_process

SERVER = "simple_chat_server.py"
RIGHT, WRONG = (corpus.folder_of(name) / SERVER for name in ("asyncio_streams", "echoes_to_sender"))
PORT = 65433


def graded(*arguments: object, temporary: Path) -> dict:
    """Run the command line to its end; its report, with the exit status."""
    with start(*arguments, "--json", "-", temporary=temporary) as run:
        out, err = run.communicate()
    assert out, err
    return json.loads(out) | {"exit_status": run.returncode}


def nothing_left(folder: Path) -> bool:
    """Whether no process about the folder is there, nor an orphan of the run, which would be this process's child."""
    orphans = [pid for pid in procfs.descendants(os.getpid()) if procfs.state(pid, pid) not in "ZX"]
    return not orphans and not about(folder)


@pytest.fixture
def slow(tmp_path):
    """A submission that keeps the grader waiting, with a daemon beside it."""
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / SERVER).write_text(NEVER_LISTENS)
    return folder


def programs(pid: int) -> list[int]:
    """The student's processes among all that this one has started."""
    return [other for other in procfs.descendants(pid) if SERVER in procfs.command_line(other)]


def at_work(run: subprocess.Popen[str]) -> list[int]:
    """The workers of a run that have the student's program running."""
    return [pid for pid in procfs.children(run.pid) if programs(pid)]


def in_mid_run(folder: Path, temporary: Path, *asked: str) -> subprocess.Popen[str]:
    """Start to grade the slow submission; it and its daemon run now, and sleep."""
    asked = asked or ("all",)
    run = start(asked[0], folder, *asked[1:], "--jobs", "2", "--isolation", "network", temporary=temporary)
    until(
        lambda: len(found := programs(run.pid)) >= 2 and threads.read(found).activity is threads.Activity.TIMED,
        otherwise=run.poll,
    )
    assert run.poll() is None
    assert len(about(folder)) >= 4  # the grader, a worker, the server and its daemon
    return run


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(number, marks=pytest.mark.machine) for number in (signal.SIGTERM, signal.SIGHUP))],
    ids=lambda number: number.name,
)
def test_interrupted(tmp_path, slow, number):
    """Interrupted in mid-run it says so, has status 130, and leaves no process and no temporary folder."""
    temporary = tmp_path / "tmp"
    with in_mid_run(slow, temporary) as run:
        run.send_signal(number)
        out, err = run.communicate()
    assert about(slow) == []
    assert (run.returncode, out) == (130, "")
    assert err.strip() == "chatgrade: interrupted; everything that was started is stopped"
    assert list(temporary.iterdir()) == []


@pytest.mark.machine
def test_interrupted_over_and_over(tmp_path, slow):
    """Somebody who keeps pressing Ctrl-C does not make it leave anything behind."""
    temporary = tmp_path / "tmp"
    with in_mid_run(slow, temporary) as run:

        def pressed_until_it_ended() -> bool:
            run.send_signal(signal.SIGINT)
            return run.poll() is not None

        until(pressed_until_it_ended)
        _, err = run.communicate()
    until(lambda: nothing_left(slow))
    assert run.returncode == 130
    assert "Traceback" not in err
    assert list(temporary.iterdir()) == []


@pytest.mark.machine
def test_killed(tmp_path, slow):
    """When the grader itself is killed, its workers and the programs they run end soon."""
    with in_mid_run(slow, tmp_path / "tmp") as run:
        run.kill()
        run.wait()
        until(lambda: nothing_left(slow))


@pytest.mark.machine
def test_a_worker_that_is_killed(tmp_path, slow):
    """When a worker is killed the run goes on with another, and what the worker ran is gone in the end."""
    with in_mid_run(slow, tmp_path / "tmp", "task1", "--only", "task1.listens") as run:
        [first] = at_work(run)
        os.kill(first, signal.SIGKILL)
        until(lambda: [pid for pid in at_work(run) if pid != first])
        for worker in at_work(run):
            for pid in programs(worker):
                os.kill(pid, signal.SIGKILL)  # the check waits for it no longer
        out, err = run.communicate()
    assert about(slow) == []
    assert (run.returncode, err) == (1, "")
    assert "Traceback" not in out


# -- on the real port, which here is that of a network of the test's own -----------------------------------------------


real_port = pytest.mark.xdist_group("real-port")  # the lock on its number is one for all networks


def verdicts(report: dict) -> dict[str, str]:
    """Check id -> status."""
    return {check["id"]: check["status"] for task in report["tasks"] for check in task["checks"]}


@pytest.mark.machine
@real_port
@pytest.mark.parametrize(("submission", "status"), [(RIGHT, 0), (WRONG, 1)], ids=["right", "wrong"])
def test_without_isolation(private, tmp_path, submission, status):
    """Without private networks the verdicts are the same, the report says so, and nothing is left of the run."""
    submission = shutil.copy(submission, tmp_path / SERVER)  # what is graded elsewhere meanwhile is not about it
    alone = graded("task1", submission, "--isolation", "network", temporary=tmp_path / "tmp")
    private()
    report = graded("task1", submission, "--isolation", "none", temporary=tmp_path / "tmp")
    assert report["run"]["isolation"] == "none"
    assert [note for note in report["notes"] if "one after another on the real port" in note] == report["notes"]
    assert verdicts(report) == verdicts(alone)
    assert (report["exit_status"], alone["exit_status"]) == (status, status)
    assert about(submission) == []
    assert [path for path in (tmp_path / "tmp").iterdir() if path.is_dir()] == []


@pytest.mark.machine
@pytest.mark.parametrize("level", ["full", "network", pytest.param("none", marks=real_port)])
def test_the_isolation_is_said(private, tmp_path, level):
    """The report tells the level of isolation, and what it leaves open; `full` leaves nothing that must be told."""
    private()
    report = graded("task1", RIGHT, "--isolation", level, "--only", "task1.listens", temporary=tmp_path)
    assert report["run"]["isolation"] == level
    assert [note.split(":")[0] for note in report["notes"]] == ([] if level == "full" else [f"isolation {level}"])


@real_port
def test_somebody_else_on_the_port(private, tmp_path):
    """A foreign listener on the port is named with its process, and no verdict is made of it: status 3."""
    private()
    code = (
        f"import socket, sys\nlistener = socket.create_server(('', {PORT}))\nprint('x', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        run = start("task1", RIGHT, "--isolation", "none", "--only", "task1.join", temporary=tmp_path)
        out, err = run.communicate()
        assert other.stdin is not None
        other.stdin.close()
    assert (run.returncode, out) == (3, "")
    assert err.startswith(f"chatgrade: port {PORT} is taken by process {other.pid} (")


@pytest.mark.machine
def test_somebody_else_on_the_port_does_not_matter_with_private_networks(private, tmp_path):
    """With private networks a foreign listener on the port is no matter."""
    private()
    with socket.create_server(("", PORT)):
        report = graded("task1", RIGHT, "--isolation", "network", "--only", "task1.join", temporary=tmp_path)
    assert report["exit_status"] == 0


@pytest.mark.machine
@real_port
def test_two_runs_at_once_on_one_port(private, tmp_path):
    """Two runs without private networks take turns: each gets its verdicts, and both pass."""
    private()
    runs = [start("task1", RIGHT, "--isolation", "none", temporary=tmp_path / "tmp") for _ in range(2)]
    told = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    assert ["Score 23/23" in out for out, _ in told] == [True, True]


@pytest.mark.machine
def test_two_runs_at_once_with_private_networks(tmp_path):
    """Two runs with private networks do not meet."""
    runs = [start("task1", RIGHT, temporary=tmp_path / "tmp") for _ in range(2)]
    told = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
