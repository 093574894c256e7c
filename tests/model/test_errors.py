"""Errors that a person reads."""

from __future__ import annotations

import pickle

import pytest

from grader.model.errors import GraderError, UsageError


@pytest.mark.parametrize("kind", [GraderError, UsageError])
def test_an_error_names_the_path_that_it_is_about(kind: type[UsageError | GraderError]) -> None:
    """Its sentence begins with the path; beside that path it does without, beside another it does not."""
    error = kind("is empty.", about="ada")
    assert (str(error), error.beside("ada"), error.beside("bob")) == ("ada: is empty.", "is empty.", "ada: is empty.")


def test_an_error_may_be_about_nothing() -> None:
    """Then its sentence is the same beside any path."""
    assert UsageError("what?").beside("ada") == str(UsageError("what?")) == "what?"


def test_an_error_survives_the_way_between_processes() -> None:
    """What it is about comes along."""
    error = pickle.loads(pickle.dumps(UsageError("is empty.", about="ada")))
    assert (str(error), error.beside("ada")) == ("ada: is empty.", "is empty.")
