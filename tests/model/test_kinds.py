"""Kinds of failures and their causes: the sentences that are made from them."""

from __future__ import annotations

import re
import string

import pytest

from grader.model.kinds import Cause, Filled, Kind
from grader.model.verdict import Failure, Where

PLACE = Where("a.py", 3)


def test_a_failure_is_made_from_its_kind():
    """Summary, expected and observed are those of the kind, and the kind is kept with the values."""
    made = Failure.of(Kind.ENDS_BEFORE_LISTENING, PLACE, name="a.py", port=5000, how="ended with status 1")
    assert (made.summary, made.expected, made.observed, made.hint, made.where) == (
        "a.py ended with status 1 before it listened",
        "python3 a.py listens on port 5000 and stays up",
        "it ended with status 1",
        "",
        PLACE,
    )
    values = (("name", "a.py"), ("port", 5000), ("how", "ended with status 1"))
    assert (made.kind, made.cause) == (Filled(Kind.ENDS_BEFORE_LISTENING, values), None)


def test_what_students_write_fills_holes_and_makes_none():
    """Braces in a value are text."""
    made = Failure.of(Kind.TRACEBACK_SHOWN, expected="it ends", error="KeyError: '{error}{0}'")
    assert made.observed == "it printed KeyError: '{error}{0}'"
    assert made.with_cause(Cause.WAITS, line=3, source='f"{name}: {"').hint == 'it waits in line 3: f"{name}: {"'


@pytest.mark.parametrize(
    ("before", "after"), [("", "it waits in line 3: x"), ("a queue", "a queue; it waits in line 3: x")]
)
def test_a_cause_beside_a_hint(before, after):
    """A cause replaces a hint, or follows it; both keep what a check has said else."""
    failure = Failure("it failed", "this", "that", before, consequence_of="task1.join")
    values: dict[str, str | int] = {"line": 3, "source": "x"}
    assert failure.and_cause(Cause.WAITS, **values).hint == after
    assert failure.with_cause(Cause.WAITS, **values).hint == "it waits in line 3: x"
    for made in (failure.and_cause(Cause.WAITS, **values), failure.with_cause(Cause.WAITS, **values)):
        assert made.cause == Filled(Cause.WAITS, tuple(values.items()))
        assert (made.observed, made.consequence_of, made.kind) == ("that", "task1.join", None)


@pytest.mark.parametrize("kind", [*Kind, *Cause], ids=lambda kind: kind.name)
def test_every_hole_has_a_name(kind):
    """No hole of a sentence is counted, or formatted in a way of its own; a kind's name in a report is made of its words."""
    sentences = kind.value if isinstance(kind, Kind) else (kind.value,)
    parts = [part for sentence in sentences for part in string.Formatter().parse(sentence)]
    holes = [(name, form, conversion) for _, name, form, conversion in parts if name is not None]
    assert all(name.isidentifier() and not form and not conversion for name, form, conversion in holes)
    assert re.fullmatch("[a-z]+(-[a-z]+)*", Filled(kind).as_dict()["name"])
