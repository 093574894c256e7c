"""The mutation test: a fault that no check sees is a gap in the checks, unless the list says why it is none."""

from __future__ import annotations

import pytest
from support import mutants


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
