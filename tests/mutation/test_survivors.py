"""The mutation test: a fault that no check sees is a gap in the checks, unless the list says why it is none."""

from __future__ import annotations

import random

import pytest
from support import mutants

FEW = 40


@pytest.mark.mutation
@pytest.mark.timeout(3600)
@pytest.mark.xdist_group("mutation")  # each uses all processors
@pytest.mark.parametrize("base", mutants.BASES)
def test_survivors_are_listed(base: str) -> None:
    """Every mutant dies of a check with points, but for those of the list; and what the list calls equivalent survives."""
    kept = mutants.listed()
    all_judged = list(mutants.judged(mutants.mutants_of(base)))
    survivors = {one.mutant.id: mutants.difference(one.mutant) for one in all_judged if not one.killed_by}
    killed = {one.mutant.id: one.killed_by for one in all_judged if one.killed_by}
    gaps = [f"{name}\n{change}" for name, change in survivors.items() if name not in kept.known]
    assert not gaps, "\n\n".join([f"{len(gaps)} survivors are not listed:", *gaps])
    assert {name: check for name, check in killed.items() if name in kept.equivalent} == {}


@pytest.mark.corpus
def test_functions_that_do_nothing_are_missed() -> None:
    """Of a sample of functions that do nothing, each is missed by a check, unless it is listed."""
    found = [one for base in mutants.BASES for one in mutants.mutants_of(base) if ": do-nothing " in one.id]
    sample = random.Random(1).sample([one for one in found if one.id not in mutants.listed().known], FEW)
    assert [one.mutant.id for one in mutants.judged(sample) if not one.killed_by] == []
