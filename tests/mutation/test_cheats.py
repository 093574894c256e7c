"""Test that no program which only looks like a chat gets more than half of what it could."""

from __future__ import annotations

import pytest
from support import cheats
from support.corpus import KINDS

pytestmark = [pytest.mark.corpus, pytest.mark.xdist_group("cheats")]


_A_NEW_NAME = (
    "Task 3 is judged by the name of the next message, whatever the notice is: a new name is among those that it tells"
)
ABOVE_HALF = {  # what still gets more, and why
    "everyone_but_the_hearer": _A_NEW_NAME,
    "names_in_one_line": _A_NEW_NAME,
    "polite_at_first": _A_NEW_NAME,
    "talks_for_others": "each line is shown and sent rightly; those beside them are the client's own, or one check's matter",
    "all_parts_shuffled": "in task2.client-merged nothing is wrong with a part that stands beside the whole",
    "whole_history_again": "where a check sends everything at once, there is no history to be shown again",
    "prints_all_bytes_again": "where a check sends everything at once, there is nothing to be shown again",
}


@pytest.fixture(scope="module")
def takings() -> dict[str, cheats.Taking]:
    """What each cheat got, all graded in one run."""
    return {taking.name: taking for taking in cheats.takings(cheats.NAMES)}


@pytest.mark.parametrize("name", cheats.NAMES)
def test_a_cheat_gets_at_most_half(takings: dict[str, cheats.Taking], name: str) -> None:
    """However it goes about it, a program that is no chat earns no more than half of its program's points."""
    taking = takings[name]
    assert taking.possible > 0
    if name in ABOVE_HALF:
        assert taking.earned < taking.possible
        pytest.xfail(ABOVE_HALF[name])
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
