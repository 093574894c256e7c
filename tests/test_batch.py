"""A class from the command line: what is graded, what is not graded again, and what survives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

SUBMISSIONS = Path(__file__).parent / "submissions"
SERVER = "simple_chat_server.py"


def lay(folder: Path, **students: str) -> Path:
    """A class: student -> the submission handed in."""
    folder.mkdir()
    for student, name in students.items():
        shutil.copytree(SUBMISSIONS / name, folder / student, ignore=shutil.ignore_patterns("expected.toml"))
    return folder


def start(*arguments: object, **streams) -> subprocess.Popen[str]:
    """Begin to grade a class, Task 3 alone."""
    command = [
        sys.executable,
        "-m",
        "grader",
        "batch",
        *map(str, arguments),
        "--task",
        "task3",
        "--isolation",
        "network",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **streams)


def batch(*arguments: object, status: int = 0) -> list[str]:
    """Grade a class; the lines that were printed."""
    run = start(*arguments)
    out, err = run.communicate()
    assert run.returncode == status, err
    assert "Traceback" not in out + err
    return (out or err).splitlines()


def rows(out: Path, sql: str) -> list[tuple]:
    """Ask the store."""
    database = sqlite3.connect(out / "chatgrade.sqlite")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


@pytest.fixture
def three(tmp_path):
    """A class of three: right, wrong, and one that cannot be run."""
    return lay(tmp_path / "class", ada="rlock_broadcast", bob="no_name_command", cyd="syntax_error")


def test_a_class(three, tmp_path):
    """Each hand-in has its verdicts in the store, and its line; the summary counts them."""
    lines = batch(three, "-o", tmp_path / "out")
    assert sorted(line.split(maxsplit=1)[1].split("  ")[0] for line in lines[:3]) == ["ada", "bob", "cyd"]
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in lines
    told = {key: json.loads(report) for key, report in rows(tmp_path / "out", "SELECT key, report FROM submissions")}
    assert (told["ada"]["score"], told["ada"]["max_score"]) == (22, 25)  # it has no client
    assert (told["bob"]["score"], told["cyd"]["score"]) == (0, 0)
    [(passed,)] = rows(tmp_path / "out", "SELECT count(*) FROM checks WHERE key = 'ada' AND status = 'pass'")
    assert passed == sum(check["status"] == "pass" for task in told["ada"]["tasks"] for check in task["checks"])


def test_what_is_unchanged_is_not_graded_again(three, tmp_path):
    """A second run grades nothing; a changed file, one hand-in; a new student, that one; `--regrade --only`, the one named."""
    out = tmp_path / "out"
    batch(three, "-o", out)
    assert "3 hand-ins (folders): 0 graded, 3 unchanged since then" in batch(three, "-o", out)
    with (three / "bob" / SERVER).open("a") as file:
        file.write("# changed\n")
    assert "3 hand-ins (folders): 1 graded, 2 unchanged since then" in batch(three, "-o", out)
    shutil.copytree(three / "ada", three / "dan")
    lines = batch(three, "-o", out)
    assert "4 hand-ins (folders): 1 graded, 3 unchanged since then" in lines
    assert any("the same program to the byte: ada/" in line and "dan/" in line for line in lines)
    lines = batch(three, "-o", out, "--regrade", "--only", "a*")
    assert "4 hand-ins (folders): 1 graded, 0 unchanged since then" in lines


def test_other_settings_are_other_verdicts(three, tmp_path):
    """What was graded with other settings is graded again."""
    out = tmp_path / "out"
    batch(three, "-o", out)
    (tmp_path / "course.toml").write_text('[points]\n"task3.announce" = 50\n')
    lines = batch(three, "-o", out, "--config", tmp_path / "course.toml")
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in lines


def test_what_cannot_be_graded_stops_nobody(three, tmp_path):
    """An empty hand-in and a broken archive are told, and the others have their verdicts."""
    (three / "eva").mkdir()
    (three / "fay.zip").write_bytes(b"PK no zip at all")
    lines = batch(three, "-o", tmp_path / "out")
    assert any(line.startswith("needs a person: eva: ") for line in lines)
    assert any(line.startswith("needs a person: fay") for line in lines)
    [(graded,)] = rows(tmp_path / "out", "SELECT count(*) FROM submissions WHERE report IS NOT NULL")
    assert graded == 3


def test_killed_and_resumed(three, tmp_path):
    """Killed at any moment, it loses what was in flight; running it again completes it, with the same verdicts."""
    batch(three, "-o", tmp_path / "whole", "--seed", "7")
    out = tmp_path / "out"
    for moment in (0.3, 0.6, 1.0, 1.5):
        run = start(three, "-o", out, "--seed", "7")
        time.sleep(moment)
        run.kill()
        run.communicate()
    batch(three, "-o", out, "--seed", "7")
    sql = "SELECT key, id, status, earned FROM checks ORDER BY key, id"
    assert rows(out, sql) == rows(tmp_path / "whole", sql)


def test_interrupted(three, tmp_path):
    """Ctrl-C ends it in one sentence, with status 130, and running it again goes on."""
    run = start(three, "-o", tmp_path / "out", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    deadline = time.monotonic() + 60
    while not (tmp_path / "out" / "chatgrade.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate()
    if run.returncode != 0:  # it may have been that fast
        assert (run.returncode, "Traceback" in err) == (130, False)
    assert "3 hand-ins (folders)" in "\n".join(batch(three, "-o", tmp_path / "out"))


def test_two_at_once(three, tmp_path):
    """A second batch on the same output folder is told so, with status 2, and harms nothing."""
    out = tmp_path / "out"
    first = start(three, "-o", out)
    deadline = time.monotonic() + 60
    while not (out / "chatgrade.sqlite.lock").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.1)
    said = batch(three, "-o", out, status=2)
    assert said == [f"chatgrade: {out}: another chatgrade is at work on it; wait until it has ended."]
    first.communicate()
    assert first.returncode == 0


def test_a_store_that_cannot_be_written(three):
    """An output folder that cannot be made is told in one sentence."""
    said = batch(three, "-o", "/proc/nowhere", status=2)
    assert said[0].startswith("chatgrade: /proc/nowhere: cannot be made (")


def test_late(tmp_path):
    """A late hand-in has the points of `[batch] late_points` taken off, where the platform tells that it was late."""
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("adaada_LATE_11_101_", "bobbob_12_102_"):
        shutil.copy(SUBMISSIONS / "rlock_broadcast" / SERVER, folder / (name + SERVER))
    (tmp_path / "course.toml").write_text("[batch]\nlate_points = 3\n")
    lines = batch(folder, "-o", tmp_path / "out", "--config", tmp_path / "course.toml")
    assert any("(canvas)" in line for line in lines)
    assert sorted(penalty for (penalty,) in rows(tmp_path / "out", "SELECT penalty FROM submissions")) == [0, 3]


def test_no_isolation_no_class(three, tmp_path):
    """A class is graded at full isolation or not at all, unless less is accepted by name."""
    environment = {**os.environ, "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "grader", "batch", str(three), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 3
    assert "install the package bubblewrap; --isolation network does without" in done.stderr


def test_what_does_not_change_verdicts(three, tmp_path):
    """Settings of the batch alone regrade nobody; another isolation does: what ran with more rights may have forged."""
    out = tmp_path / "out"
    batch(three, "-o", out)
    (tmp_path / "course.toml").write_text("[batch]\njobs = 1\nlate_points = 2\n")
    assert "3 hand-ins (folders): 0 graded, 3 unchanged since then" in batch(
        three, "-o", out, "--config", tmp_path / "course.toml"
    )
    command = [sys.executable, "-m", "grader", "batch", str(three), "-o", str(out), "--task", "task3"]
    if shutil.which("bwrap"):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in done.stdout


def test_odd_names(three, tmp_path):
    """A link with an endless target and names that are no UTF-8 are their own hand-in's matter, and no reason to stop."""
    (three / "bob" / "notes").symlink_to("x" * 300)
    odd = three / "cyd" / os.fsdecode(b"\xff")
    for folder in (odd, three / "cyd" / "two"):
        folder.mkdir()
        shutil.copy(three / "ada" / SERVER, folder)
    (three / "cyd" / SERVER).unlink()
    lines = batch(three, "-o", tmp_path / "out")
    assert any("3 hand-ins" in line for line in lines)
    [(graded,)] = rows(tmp_path / "out", "SELECT count(*) FROM submissions WHERE report IS NOT NULL OR error != ''")
    assert graded == 3


def test_results_inside_the_class(three):
    """An output folder in the class is no hand-in."""
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in batch(three, "-o", three / "results")
    assert "3 hand-ins (folders): 0 graded, 3 unchanged since then" in batch(three, "-o", three / "results")
