"""Test that no program which only looks like a chat gets more than half of what it could."""

from __future__ import annotations

import pytest
from support import cheats
from support.corpus import KINDS

pytestmark = [pytest.mark.corpus, pytest.mark.xdist_group("cheats")]


@pytest.fixture(scope="module")
def takings() -> dict[str, cheats.Taking]:
    """What each cheat got, all graded in one run."""
    return {taking.name: taking for taking in cheats.takings(cheats.NAMES)}


@pytest.mark.parametrize("name", cheats.NAMES)
def test_a_cheat_gets_at_most_half(takings: dict[str, cheats.Taking], name: str) -> None:
    """However it goes about it, a program that is no chat earns no more than half of its program's points."""
    taking = takings[name]
    assert taking.possible > 0
    assert 2 * taking.earned <= taking.possible, f"{cheats.trick(name)}\n{taking}\npassed: {' '.join(taking.passed)}"


@pytest.mark.parametrize("name", cheats.NAMES)
def test_a_cheat_tells_its_trick(name: str) -> None:
    """In one line, its docstring."""
    assert cheats.trick(name)
    assert "\n" not in cheats.trick(name)


def test_there_are_many_cheats_of_each_kind() -> None:
    """Servers, clients, and both in frames; one of them has fewer than a thousand bytes."""
    kinds = [cheats.FILES[name].parent.name for name in cheats.NAMES]
    assert len(kinds) >= 24
    assert {kind: kinds.count(kind) >= 3 for kind in kinds} == dict.fromkeys(KINDS.keys() - {"both"}, True)
    assert cheats.FILES["under_a_thousand_bytes"].stat().st_size < 1_000
