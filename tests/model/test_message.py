"""Sentences that remember of what they were made."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
from hypothesis import given
from support.fuzzing import ANYTHING, fuzz

from grader.model.kinds import Cause
from grader.model.message import Message, joined
from grader.model.verdict import Failure

INNER = Message("{count} lines", count=3)
NESTED = Message("{nick} got {what}", nick="mira", what=INNER)


def test_a_message_is_its_sentence() -> None:
    """It reads, compares and is counted like any other text, and has the template and the values beside it."""
    assert NESTED == "mira got 3 lines"
    assert (NESTED.template, NESTED.values) == ("{nick} got {what}", {"nick": "mira", "what": INNER})
    assert NESTED.as_dict() == {
        "template": "{nick} got {what}",
        "values": {"nick": "mira", "what": {"template": "{count} lines", "values": {"count": 3}}},
    }


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_copy_remembers_too(copied) -> None:
    """On the way from a worker process nothing is lost."""
    made = copied(NESTED)
    assert (made, made.as_dict()) == (NESTED, NESTED.as_dict())


@fuzz
@given(ANYTHING)
def test_any_text_is_a_template(text: str) -> None:
    """A plain text means itself, whatever signs are in it; as a value it makes no hole."""
    assert Message.of(text) == text
    assert Message.of(text).template.format() == text
    assert Message("<{line}>", line=text) == f"<{text}>"
    assert Message("<{line}>", line=Message.of(text)) == f"<{text}>"


def test_what_varies_in_a_text_becomes_values() -> None:
    """Each match is a value under the name of its group, and the second one is numbered; braces stay what they are."""
    made = Message.parted("{4} of 5 by ada", re.compile(r"(?P<number>\d)|(?P<nick>ada)"))
    assert made == "{4} of 5 by ada"
    assert made.template == "{{{number}}} of {number2} by {nick}"
    assert made.values == {"number": "4", "number2": "5", "nick": "ada"}


@pytest.mark.parametrize(
    ("first", "then", "both"),
    [("a {", "b", "a {; b"), ("", "b", "b"), ("a", "", "a"), (INNER, NESTED, f"{INNER}; {NESTED}")],
)
def test_two_sentences_are_joined(first: str, then: str, both: str) -> None:
    """Where one is empty the other stands alone; what is joined keeps its values."""
    made = joined(first, then)
    assert made == both
    if isinstance(first, Message):
        assert isinstance(made, Message)
        assert made.values == {"first": INNER, "then": NESTED}


def test_the_messages_of_a_failure() -> None:
    """Plain sentences are messages without values, and what is added to a sentence keeps what both are made of."""
    failure = Failure("it failed", "this", NESTED, "a queue").and_seen(INNER).and_cause(Cause.WAITS, line=3, source="x")
    assert (failure.observed, failure.hint) == ("mira got 3 lines; 3 lines", "a queue; it waits in line 3: x")
    messages = failure.messages
    assert (messages["summary"].template, messages["summary"].values) == ("it failed", {})
    assert messages["observed"].values == {"first": NESTED, "then": INNER}
    assert messages["hint"].template == "{hint}{where_it_waits}"
