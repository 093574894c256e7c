"""What causes a class to be graded again, pairs to be run again, and a machine of a cluster to be refused."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.corpus import PROJECT

import grader
from grader import config, installed
from grader.batch.digests import DECIDE, ORDERS, PAIRS, rules_of, verdict_key_of
from grader.run.grading import GradingRequest
from grader.submission.copying import LARGEST_COPY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LAB = installed.load()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine of which each part is a file that says nothing, and the folder of the tasks beside it."""
    for part in {*DECIDE, *PAIRS, *ORDERS, "console", "cli"}:
        file = tmp_path / "grader" / (part if part.endswith(".py") else f"{part}/part.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "task.py").touch()
    monkeypatch.setattr(grader, "__file__", str(tmp_path / "grader" / "__init__.py"))
    return tmp_path


def rules(place: Path, also: tuple[str, ...] = ()) -> str:
    """The digest for a request of no matter which content."""
    request = GradingRequest((), (), config.load(None, LAB), 7, "python3", sys.executable, "pty")
    return rules_of(replace(LAB, folder=place / "tasks"), request, "full", also)


def test_the_parts_that_decide_are_the_layers_up_to_run() -> None:
    """The list is that of the contract on imports, from the lowest layer to the one that runs checks: none is forgotten."""
    [contract, *_] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [part for layer in contract["layers"] for part in layer.split(" | ")]
    assert [part.removesuffix(".py") for part in DECIDE] == layers[layers.index("run") :]


@pytest.mark.parametrize(
    ("changed", "also", "other"),
    [
        ("grader/model/part.py", (), True),
        ("grader/config.py", (), True),
        ("tasks/task.py", (), True),
        ("grader/reports/part.py", (), False),
        ("grader/console/part.py", (), False),
        ("grader/results/part.py", (), False),
        ("grader/results/part.py", PAIRS, True),
        ("grader/batch/interop/part.py", PAIRS, True),
        ("grader/reports/part.py", PAIRS, False),
        ("grader/reports/part.py", ORDERS, True),
        ("grader/batch/part.py", ORDERS, True),
        ("grader/cli/part.py", ORDERS, False),
    ],
)
def test_a_change_counts_where_something_depends_on_it(
    engine: Path, changed: str, also: tuple[str, ...], other: bool
) -> None:
    """A page that looks different grades nobody again; a check, or what is stored of a pair, does so for what rests on it."""
    before = rules(engine, also)
    (engine / changed).write_text("changed = True\n")
    assert (rules(engine, also) != before) is other


SERVER = "simple_chat_server.py"


@pytest.fixture
def hand_in(tmp_path: Path) -> Path:
    """A hand-in with a server, what it needs, and an answer."""
    folder = tmp_path / "ada"
    (folder / "lib").mkdir(parents=True)
    for name in (SERVER, "lib/helper.py", "lib/words.txt", "answers.md"):
        (folder / name).write_text(name)
    return folder


def key(place: Path) -> str:
    """The digest of a hand-in, for rules of no matter which content."""
    request = GradingRequest((), (), config.load(None, LAB), 7, "python3", sys.executable, "pty")
    return verdict_key_of(LAB, request, place, "rules")


@pytest.mark.parametrize("crowded", [False, True], ids=["small", "crowded"])
@pytest.mark.parametrize("name", [SERVER, "answers.md"])
def test_what_counts_of_a_hand_in(hand_in: Path, name: str, crowded: bool) -> None:
    """A changed program and a changed answer are other verdicts, however much lies beside them."""
    if crowded:
        (hand_in / "film.mp4").touch()
        os.truncate(hand_in / "film.mp4", 2 * LARGEST_COPY)
    before = key(hand_in)
    assert key(hand_in) == before
    (hand_in / name).write_text("changed")
    assert key(hand_in) != before


def test_what_counts_of_a_small_hand_in(hand_in: Path) -> None:
    """All files that are copied count, and none that is not: what tools have left, and what is hidden."""
    before = key(hand_in)
    for name in ("__pycache__/helper.pyc", ".git/HEAD"):
        (hand_in / name).parent.mkdir()
        (hand_in / name).touch()
    assert key(hand_in) == before
    (hand_in / "lib" / "words.txt").write_text("changed")
    assert key(hand_in) != before


def test_a_hand_in_without_a_program(hand_in: Path) -> None:
    """Where nothing can be graded, a program of another name is told, so it counts; the place of the folder does not."""
    (hand_in / SERVER).unlink()
    before = key(hand_in)
    assert key(hand_in.rename(hand_in.with_name("bob"))) == before
    (hand_in.with_name("bob") / "lib" / "helper.py").rename(hand_in.with_name("bob") / "my.py")
    assert key(hand_in.with_name("bob")) != before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells how much a process has read")
def test_no_more_is_read_than_is_copied(hand_in: Path) -> None:
    """Of a thousand large files, which as holes cost a student nothing, no more is read than a check copies."""
    for number in range(1000):
        (hand_in / f"hole{number}.py").touch()
        os.truncate(hand_in / f"hole{number}.py", 4 << 20)
    before = bytes_read()
    key(hand_in)
    assert bytes_read() - before < 2 * LARGEST_COPY


def bytes_read() -> int:
    """What this process has read so far: proc(5)."""
    return int(Path("/proc/self/io").read_text().split()[1])
