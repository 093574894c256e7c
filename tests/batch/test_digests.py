"""What causes a class to be graded again, pairs to be run again, and a machine of a cluster to be refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.corpus import PROJECT

import grader
from grader import config, installed
from grader.batch.digests import DECIDE, ORDERS, PAIRS, rules_of
from grader.run.grading import GradingRequest

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
