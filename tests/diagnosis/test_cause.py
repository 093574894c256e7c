"""Causes of failures, as far as they need no program."""

from __future__ import annotations

import pytest
from support.cost import grows_linearly

from grader.diagnosis.cause import said_by
from grader.diagnosis.tracebacks import Crash


def error(text: str) -> Crash:
    """A crash whose last line is this."""
    return Crash(text, (), in_thread=False)


def test_what_varies_in_errors() -> None:
    """Quoted text and numbers of Python's own sentences are values."""
    said = said_by(error("KeyError: 'ada' in line 12"))
    assert said == "KeyError: 'ada' in line 12"
    assert said.template == "KeyError: {quoted} in line {number}"


@pytest.mark.parametrize("piece", [" 'x", "1 ", '"', " '"])
def test_long_errors_cost_little(piece: str) -> None:
    """A student may print a line that looks like an error, of any length: it is told as it is, and costs no square of it."""
    text = f"ValueError: {piece * 1_000}"
    assert said_by(error(text)) == text
    assert len(said_by(error(text)).values) == 1
    assert grows_linearly(lambda size: said_by(error(f"ValueError: {piece * size}")), 20_000)
