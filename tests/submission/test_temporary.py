"""Temporary folders: what a killed run has left is removed by the next, and what belongs to anybody else is not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.submission import temporary

LIVES = """
import sys
from grader.submission import temporary
with temporary.folder() as folder:
    (folder / "submission").mkdir()
    (folder / "submission" / "simple_chat_server.py").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder, of this process and of those that it starts."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def run() -> Iterator[subprocess.Popen[str]]:
    """Another run that has made its temporary folder, and lives until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", LIVES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def folder_of(run: subprocess.Popen[str]) -> Path:
    """Where that run has its files."""
    assert run.stdout
    return Path(run.stdout.readline().strip())


def test_it_is_removed_in_the_end(place: Path) -> None:
    """After the block nothing is left, also after an exception."""

    def work() -> None:
        with temporary.folder() as folder, temporary.folder(folder) as inner:
            (inner / "file").touch()
            raise ValueError(str(inner))

    with pytest.raises(ValueError, match=str(place)):
        work()
    assert list(place.iterdir()) == []


def test_what_a_killed_run_has_left(run: subprocess.Popen[str]) -> None:
    """The next run removes it, and not before the run has ended."""
    left = folder_of(run)
    with temporary.folder():
        assert (left / "submission").is_dir()
    run.kill()
    run.wait()
    assert left.is_dir()
    with temporary.folder() as own:
        assert not left.exists()
        assert own.is_dir()


def test_a_child_of_a_killed_run_still_needs_it(place: Path) -> None:
    """A worker that outlives its run for a moment keeps the folder: the lock is that of all processes of the run."""
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        made = temporary.folder()
        made.__enter__()
        if os.fork() == 0:
            os.close(go[1])
            os.write(ready[1], b"x")
            os.read(go[0], 1)
        os._exit(0)
    os.waitpid(pid, 0)
    os.read(ready[0], 1)
    (left,) = place.iterdir()
    with temporary.folder():
        assert left.exists()
    for end in (*ready, *go):
        os.close(end)


OTHERS = ["chatgrade-homework", "chatgrade-results", "chatgrade-abcdefgh.running.old", "x-chatgrade-abcdefgh.running"]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_ours_stays(place: Path, name: str) -> None:
    """A folder that somebody has named so is left alone, and so are files and links with a name of ours."""
    (place / name).mkdir()
    (place / "chatgrade-abcdefg1.running").write_text("a file")
    (place / "chatgrade-abcdefg2.running").symlink_to(place / name)
    before = sorted(place.iterdir())
    with temporary.folder():
        pass
    assert sorted(place.iterdir()) == before


def test_somebody_elses_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another user's run has left is that user's."""
    (place / "chatgrade-abcdefgh.running").mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with temporary.folder():
        assert (place / "chatgrade-abcdefgh.running").is_dir()
