"""A class from the command line: what is graded, what is not graded again, and what survives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from support import corpus
from support.commandline import chatgrade
from support.waiting import has_saved, kept, saved, until

from grader.system import procfs

SERVER = "simple_chat_server.py"
GRADED = "submissions WHERE report IS NOT NULL"
ENDS = "print('This server ends before anybody can have called it.')\n"
WAITS = "import time\nwhile True: time.sleep(9)  # the grader looks at it for longer than that\n"


def lay(folder: Path, **students: str) -> Path:
    """A class: student -> the submission handed in."""
    folder.mkdir()
    for student, name in students.items():
        corpus.copy(name, folder / student)
    return folder


def lay_servers(folder: Path, **servers: str) -> Path:
    """A class: student -> the text of a server, all that is handed in."""
    for student, text in servers.items():
        (folder / student).mkdir(parents=True)
        (folder / student / SERVER).write_text(text)
    return folder


def options(jobs: int | None) -> list[str]:
    """Of all runs: Task 3 alone; without `jobs`, on as many workers as the batch itself chooses."""
    return ["--task", "task3", "--isolation", "network", *(["--jobs", str(jobs)] if jobs else [])]


def start(*arguments: object, jobs: int | None = 1, **streams) -> subprocess.Popen[str]:
    """Begin to grade a class, in a process as a user's shell starts it."""
    command = [sys.executable, "-m", "grader", "batch", *map(str, arguments), *options(jobs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **streams)


def batch(*arguments: object, status: int = 0) -> list[str]:
    """Grade a class; the lines that were printed."""
    done = chatgrade("batch", *arguments, *options(jobs=1))
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return (done.stdout or done.stderr).splitlines()


def rows(out: Path, sql: str) -> list[tuple]:
    """Ask the store."""
    database = sqlite3.connect(out / "chatgrade.sqlite")
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


@pytest.fixture
def three(tmp_path):
    """A class of three whose programs end at once: grading them costs little, where their verdicts do not matter."""
    return lay_servers(tmp_path / "class", ada=ENDS, bob="print(1 / 0)\n", cyd="def broken(:\n")


def test_a_class(tmp_path):
    """Each hand-in has its verdicts in the store, and its line; the summary counts them."""
    three = lay(tmp_path / "class", ada="rlock_broadcast", bob="no_name_command", cyd="syntax_error")
    run = start(three, "-o", tmp_path / "out", jobs=None)
    printed, _ = run.communicate()
    assert run.returncode == 0
    lines = printed.splitlines()
    assert sorted(line.split(maxsplit=1)[1].split("  ")[0] for line in lines[:3]) == ["ada", "bob", "cyd"]
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in lines
    told = {key: json.loads(report) for key, report in rows(tmp_path / "out", "SELECT key, report FROM submissions")}
    assert (told["ada"]["score"], told["ada"]["max_score"]) == (22, 25)  # it has no client
    assert (told["bob"]["score"], told["cyd"]["score"]) == (0, 0)
    [(passed,)] = rows(tmp_path / "out", "SELECT count(*) FROM checks WHERE key = 'ada' AND status = 'pass'")
    assert passed == sum(check["status"] == "pass" for task in told["ada"]["tasks"] for check in task["checks"])


@pytest.mark.machine
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


@pytest.mark.machine
def test_other_settings_are_other_verdicts(three, tmp_path):
    """What was graded with other settings is graded again."""
    out = tmp_path / "out"
    batch(three, "-o", out)
    (tmp_path / "course.toml").write_text('[points]\n"task3.announce" = 50\n')
    lines = batch(three, "-o", out, "--config", tmp_path / "course.toml")
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in lines


@pytest.mark.machine
def test_what_cannot_be_graded_stops_nobody(three, tmp_path):
    """An empty hand-in, one without a program and a broken archive are told; the others have their verdicts."""
    (three / "eva").mkdir()
    (three / "gus").mkdir()
    (three / "gus" / "notes.txt").write_text("No program.")
    (three / "fay.zip").write_bytes(b"PK no zip at all")
    lines = batch(three, "-o", tmp_path / "out")
    assert any(line.startswith("needs a person: eva: ") for line in lines)
    assert any(line.startswith("needs a person: fay") for line in lines)
    [(graded,)] = rows(tmp_path / "out", "SELECT count(*) FROM submissions WHERE report IS NOT NULL")
    assert graded == 3
    errors = dict(rows(tmp_path / "out", "SELECT key, error FROM submissions WHERE report IS NULL"))
    assert errors["eva"] == "nothing was handed in."
    assert errors["gus"].startswith("there is no ")
    assert errors["fay"].startswith("is not the archive that its name says")


@pytest.mark.machine
def test_killed_and_resumed(three, tmp_path):
    """Killed at any moment, it loses what was in flight; running it again completes it, with the same verdicts."""
    shutil.copy(corpus.folder_of("rlock_broadcast") / SERVER, three / "ada")
    batch(three, "-o", tmp_path / "whole", "--seed", "7")
    out = tmp_path / "out"
    for results in (0, 1, 2):
        run = start(three, "-o", out, "--seed", "7")
        until(partial(has_saved, out, GRADED, results))
        assert run.poll() is None
        run.kill()
        run.communicate()
    before = kept(out, GRADED)
    assert before >= 2
    lines = batch(three, "-o", out, "--seed", "7")
    assert f"3 hand-ins (folders): {3 - before} graded, {before} unchanged since then" in lines
    sql = "SELECT key, id, status, earned FROM checks ORDER BY key, id"
    assert rows(out, sql) == rows(tmp_path / "whole", sql)


@pytest.mark.machine
def test_interrupted(three, tmp_path):
    """Ctrl-C ends it in one sentence, with status 130, and running it again goes on."""
    (three / "cyd" / SERVER).write_text(WAITS)
    run = start(three, "-o", tmp_path / "out", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    until(lambda: saved(tmp_path / "out", GRADED) == 2 and runs_programs(run))
    run.send_signal(signal.SIGINT)
    out, err = run.communicate()
    assert (run.returncode, "Traceback" in out) == (130, False)
    assert err.strip() == "chatgrade: interrupted; everything that was started is stopped"
    (three / "cyd" / SERVER).write_text(ENDS)
    lines = batch(three, "-o", tmp_path / "out")
    assert "3 hand-ins (folders): 1 graded, 2 unchanged since then" in lines


def runs_programs(run: subprocess.Popen[str]) -> bool:
    """Whether a student's program is running in it."""
    return any(SERVER in procfs.command_line(pid) for pid in procfs.descendants(run.pid))


@pytest.mark.machine
def test_two_at_once(three, tmp_path):
    """A second batch on the same output folder is told so, with status 2, and harms nothing."""
    out = tmp_path / "out"
    first = start(three, "-o", out)
    until((out / "chatgrade.sqlite").exists)
    first.send_signal(signal.SIGSTOP)  # it cannot end before the second one has tried
    said = batch(three, "-o", out, status=2)
    assert said == [f"chatgrade: {out}: another chatgrade is at work on it; wait until it has ended."]
    first.send_signal(signal.SIGCONT)
    told, _ = first.communicate()
    assert first.returncode == 0
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in told.splitlines()


def test_a_store_that_cannot_be_written(three):
    """An output folder that cannot be made is told in one sentence."""
    said = batch(three, "-o", "/proc/nowhere", status=2)
    assert said[0].startswith("chatgrade: /proc/nowhere: cannot be made (")


@pytest.mark.machine
def test_results_deleted_meanwhile(three, tmp_path):
    """That the folder of the results is deleted is told in one sentence, with status 3, and ends the run."""
    (three / "cyd" / SERVER).write_text(WAITS)
    run = start(three, "-o", tmp_path / "out")
    until(lambda: saved(tmp_path / "out", GRADED) == 2 and runs_programs(run))
    shutil.rmtree(tmp_path / "out")
    _, err = run.communicate()
    assert run.returncode == 3
    assert err == (
        f"chatgrade: {tmp_path / 'out'}: was deleted or replaced meanwhile; the results in it are lost, "
        "and nothing more can be kept there.\n"
    )


@pytest.mark.machine
def test_what_a_killed_run_has_left_is_removed(three, tmp_path):
    """The next run removes the temporary folders of a killed one."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (three / "ada" / SERVER).write_text(WAITS)
    run = start(three, "-o", tmp_path / "out", env={**os.environ, "TMPDIR": str(temporary)})
    until(lambda: runs_programs(run))
    run.kill()
    run.communicate()
    assert list(temporary.iterdir()) != []
    (three / "ada" / SERVER).write_text(ENDS)
    until(lambda: all(temporary.as_posix() not in procfs.command_line(pid) for pid in procfs.all_processes()))
    run = start(three, "-o", tmp_path / "out", env={**os.environ, "TMPDIR": str(temporary)})
    run.communicate()
    assert list(temporary.iterdir()) == []


@pytest.mark.machine
@pytest.mark.parametrize("course", ["class", "."])
def test_settings_of_a_class(three, tmp_path, course):
    """The settings in the folder of a class count for it, as those above it do, and those in a hand-in do not."""
    (tmp_path / course / "chatgrade.toml").write_text('[points]\n"task3.announce" = 50\n')
    (three / "ada" / "chatgrade.toml").write_text('[points]\n"task3.announce" = 70\n')
    batch(three, "-o", tmp_path / "out", "--only", "ada")
    [(text,)] = rows(tmp_path / "out", "SELECT report FROM submissions WHERE key = 'ada'")
    told = json.loads(text)
    assert told["max_score"] == 25 - 6 + 50
    assert any(note.startswith("chatgrade.toml in the submission was not read") for note in told["notes"])


@pytest.mark.machine
def test_late(tmp_path):
    """A late hand-in has the points of `[batch] late_points` taken off, where the platform tells that it was late."""
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("adaada_LATE_11_101_", "bobbob_12_102_"):
        (folder / (name + SERVER)).write_text(ENDS)
    (tmp_path / "course.toml").write_text("[batch]\nlate_points = 3\n")
    lines = batch(folder, "-o", tmp_path / "out", "--config", tmp_path / "course.toml")
    assert any("(canvas)" in line for line in lines)
    assert sorted(penalty for (penalty,) in rows(tmp_path / "out", "SELECT penalty FROM submissions")) == [0, 3]


def test_no_isolation_no_class(three, tmp_path):
    """A class is graded at full isolation or not at all, unless less is accepted by name."""
    done = chatgrade("batch", three, "-o", tmp_path / "out", PATH=str(tmp_path))
    assert done.returncode == 3
    assert "install the package bubblewrap; --isolation network does without" in done.stderr


@pytest.mark.machine
def test_what_does_not_change_verdicts(three, tmp_path):
    """Settings of the batch alone regrade nobody; another isolation does: what ran with more rights may have forged."""
    out = tmp_path / "out"
    batch(three, "-o", out)
    (tmp_path / "course.toml").write_text("[batch]\njobs = 1\nlate_points = 2\n")
    assert "3 hand-ins (folders): 0 graded, 3 unchanged since then" in batch(
        three, "-o", out, "--config", tmp_path / "course.toml"
    )
    if shutil.which("bwrap"):
        done = chatgrade("batch", three, "-o", out, "--task", "task3")
        assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in done.stdout


@pytest.mark.machine
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


@pytest.mark.machine
def test_results_inside_the_class(three):
    """An output folder in the class is no hand-in."""
    assert "3 hand-ins (folders): 3 graded, 0 unchanged since then" in batch(three, "-o", three / "results")
    assert "3 hand-ins (folders): 0 graded, 3 unchanged since then" in batch(three, "-o", three / "results")
