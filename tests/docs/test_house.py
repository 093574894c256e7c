"""Test that the table of packages in grader/README.md says what the packages say of themselves."""

from __future__ import annotations

import pytest
from support import house


def test_the_table_of_packages_is_up_to_date() -> None:
    """The chapter has the packages in the contract's order, each with its docstring's first paragraph."""
    if house.parted()[1] != house.table():
        pytest.fail("grader/README.md: the packages say something else: run `python tests house`", pytrace=False)


def test_every_package_has_a_rule() -> None:
    """Each package says in its docstring what it is for."""
    silent = [line for line in house.table().splitlines() if line.endswith("|  |")]
    assert silent == []
