"""What hostile submissions can do at full isolation: nothing, as root and as an ordinary user."""

from __future__ import annotations

import os
import shutil
import signal
import sys

import pytest
from support import hostile

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no full isolation but on Linux")
NAMES = hostile.in_order(hostile.NAMES)


def together(user):
    """A parameter: all tests of one user's world run in one process, one after another, in whatever process that is."""
    return pytest.param(user, marks=pytest.mark.xdist_group(f"hostile-{user}"))


@pytest.fixture(scope="module", params=map(together, hostile.users()))
def world(request):
    """Where attacks take place, root's or an ordinary user's; skipped where full isolation cannot be had."""
    if shutil.which("bwrap") is None:
        pytest.skip("there is no bubblewrap on this machine")
    with hostile.world(request.param) as place:
        yield place


@pytest.fixture(scope="module")
def graded(world):
    """Tell what was measured when an attack was graded, in this world and by itself: each is graded once, in any order."""
    known = {}

    def measured(name):
        if name not in known:
            known[name] = hostile.run(world, hostile.Attack.load(name), "full")
        return known[name]

    return measured


def problems(name, measured):
    """What an attack achieved; empty: it was stopped."""
    return hostile.problems(hostile.Attack.load(name), measured)


@on_linux
@pytest.mark.hostile
@pytest.mark.parametrize("name", NAMES)
def test_attack_is_stopped(graded, name):
    """It gets its verdict in time, reaches nothing, leaves nothing, changes nothing, and the next submission is graded right."""
    before = hostile.Attack.load(name).after
    if before and problems(before, graded(before)):
        pytest.skip(f"not run before {before} has proved the limits")
    assert problems(name, graded(name)) == [], hostile.unavailable(graded(name))


@on_linux
@pytest.mark.hostile
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_cut_short_at_any_moment(world, number):
    """Interrupted or killed at any of six moments, also while a sandbox starts, the grader leaves no process behind."""
    cuts = [(number, 0.2 + 0.1 * moment) for moment in range(6)]
    measured = hostile.run(world, hostile.Attack.load("daemon"), "full", cuts)
    _, *cut_short, following = measured["runs"]
    assert [run["left"] for run in cut_short] == [[]] * len(cuts)
    assert following["status"] == 0
    changed = [name for name in measured["changes"] if number == signal.SIGINT or not name.startswith("tmp/")]
    assert changed == []  # who is killed cannot remove its temporary folder


def test_every_attack_is_described():
    """Each folder has a program or makes one, a sentence, and a row in the table; what must come first exists and is bounded."""
    for name in hostile.NAMES:
        attack, folder = hostile.Attack.load(name), hostile.ATTACKS / name
        assert attack.about.endswith(".")
        assert any((folder / file).exists() for file in ("simple_chat_server.py", "threaded_chat_client.py", "make.py"))
        assert not attack.after or (attack.after in hostile.NAMES and not hostile.Attack.load(attack.after).after)


def test_the_table_is_the_measured_one():
    """The chapter's table is that of the last measurement, which knew all attacks and found that full isolation stops them."""
    results = hostile.kept_results()
    assert sorted(results) == hostile.NAMES
    assert hostile.chapter_table() == hostile.table(results)
    assert {name for name, levels in results.items() if levels["full"] != "stopped"} == set()


@on_linux
@pytest.mark.hostile
@pytest.mark.xdist_group("hostile-user")
def test_the_harness_sees_what_gets_through():
    """Where nothing stops it, an attack is seen to succeed: that all are stopped is no mere silence."""
    with hostile.world("user") as place:
        attack = hostile.Attack.load("writes_files")
        found = hostile.problems(attack, hostile.run(place, attack, "none"))
    assert "changed: results/grades.json" in found
    assert "changed: class/neighbour/simple_chat_server.py" in found
    assert "changed: app/grader/cli/__init__.py" in found
    assert any(one.startswith("REACHED results") for one in found)


def test_a_change_is_noticed_though_the_file_looks_the_same(tmp_path):
    """A file of the same size, inode and modification time as before has changed if it was written to."""
    place = hostile.World(tmp_path, os.getuid(), os.getgid(), sys.executable, enclosures=None)
    file = tmp_path / "grades.json"
    file.write_text("100")
    before = file.stat()
    place.remember()
    assert place.changes() == []
    while file.stat().st_ctime_ns == before.st_ctime_ns:  # clocks of file systems tick a few hundred times a second
        file.write_text("101")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert place.changes() == ["grades.json"]
