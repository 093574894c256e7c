"""What hostile submissions can do at full isolation: nothing, as root and as an ordinary user."""

from __future__ import annotations

import shutil
import signal
import sys

import hostile
import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="there is no full isolation but on Linux")

NAMES = hostile.in_order(hostile.NAMES)


@pytest.fixture(scope="module", params=hostile.users())
def world(request):
    """Where attacks take place, root's or an ordinary user's; skipped where full isolation cannot be had."""
    if shutil.which("bwrap") is None:
        pytest.skip("there is no bubblewrap on this machine")
    with hostile.world(request.param) as place:
        yield place


@pytest.fixture(scope="module")
def stopped():
    """(world, name) of the attacks that were stopped so far."""
    return set()


@pytest.mark.parametrize("name", NAMES)
def test_attack_is_stopped(world, stopped, name):
    """It gets its verdict in time, reaches nothing, leaves nothing, changes nothing, and the next submission is graded right."""
    attack = hostile.Attack.load(name)
    if attack.after and (world.folder, attack.after) not in stopped:
        pytest.skip(f"not run before {attack.after} has proved the limits")
    measured = hostile.run(world, attack, "full")
    assert hostile.problems(attack, measured) == [], hostile.unavailable(measured)
    stopped.add((world.folder, name))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
@pytest.mark.parametrize("moment", range(6))
def test_cut_short_at_any_moment(world, number, moment):
    """Interrupted or killed at any moment, also while a sandbox starts, the grader leaves no process behind."""
    attack = hostile.Attack.load("daemon")
    if not world.usual_seconds:
        world.usual_seconds = hostile.run(world, attack, "full")["runs"][0]["seconds"]
    after = world.usual_seconds * (0.2 + 0.1 * moment)
    measured = hostile.run(world, attack, "full", signal=number, after=after)
    first, following = measured["runs"]
    assert first["left"] == []
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


def test_readme_table_is_the_measured_one():
    """The README's table is that of the last measurement, which knew all attacks and found that full isolation stops them."""
    results = hostile.kept_results()
    assert sorted(results) == hostile.NAMES
    assert hostile.readme_table() == hostile.table(results)
    assert {name for name, levels in results.items() if levels["full"] != "stopped"} == set()


def test_the_harness_sees_what_gets_through():
    """Where nothing stops it, an attack is seen to succeed: that all are stopped is no mere silence."""
    with hostile.world("user") as place:
        attack = hostile.Attack.load("writes_files")
        found = hostile.problems(attack, hostile.run(place, attack, "none"))
    assert "changed: results/grades.json" in found
    assert "changed: class/neighbour/simple_chat_server.py" in found
    assert any(one.startswith("REACHED results") for one in found)
