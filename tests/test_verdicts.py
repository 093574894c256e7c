"""The verdict suite: every way to be right or wrong in tests/corpus, graded as a user grades it."""

from __future__ import annotations

import pytest
from support import corpus, verdicts

CORE = verdicts.core()


@pytest.mark.parametrize(("name", "only"), CORE.items(), ids=CORE)
def test_core(gradings, name, only):
    """What fails each check there is fails it, and what is right passes all."""
    assert verdicts.difference(name, gradings.report(name), only) == []


@pytest.mark.corpus
@pytest.mark.parametrize("name", [name for name in corpus.NAMES if verdicts.is_right(name)])
def test_right_submission(gradings, name):
    """A right program, however odd, scores full marks and status 0."""
    report = gradings.report(name)
    assert verdicts.difference(name, report) == []
    earned = report.score + report.bonus + report.awaiting_review
    maximum = report.max_score + (report.max_bonus if verdicts.is_framed(name) else 0)
    assert (earned, report.exit_status) == (maximum, 0)


@pytest.mark.corpus
@pytest.mark.parametrize("name", [name for name in corpus.NAMES if not verdicts.is_right(name)])
def test_wrong_submission(gradings, name):
    """A wrong program fails exactly the checks about its fault, and each failure says what was expected and seen."""
    report = gradings.report(name)
    assert verdicts.difference(name, report) == []
    failed = [check for check in verdicts.checks_of(report).values() if check["status"] == "fail"]
    assert all(check["expected"] and check["observed"] and check["hint"] for check in failed)
    assert report.exit_status == int(any(check["points"] for check in failed))


@pytest.mark.parametrize("name", [corpus.REFERENCE])
def test_reference_scores_full_marks(gradings, name):
    """The reference programs pass every check, those that only advise too; Task 2's answers await a person."""
    report = gradings.report(name)
    answers = ("task2.explains-listener", "task2.explains-framing")
    assert verdicts.verdicts(verdicts.checks_of(report)) == dict.fromkeys(answers, "review")
    assert (report.score, report.awaiting_review, report.bonus) == (96, 4, 20)


def all_of(part, names) -> set[str]:
    """The checks that these fail, or pass, together."""
    return set().union(*map(part, names))


def test_corpus_is_large_enough():
    """There are at least 12 right submissions and 30 wrong ones, and each check is failed by one of them."""
    right = [name for name in corpus.NAMES if verdicts.is_right(name)]
    assert len(right) >= 12
    assert len(corpus.NAMES) - len(right) >= 30
    assert {check.id for check in verdicts.LAB.catalogue} == all_of(verdicts.failed, corpus.NAMES)


def test_the_core_goes_a_long_way():
    """A sixth of the corpus fails each check that all of it fails; two right ones are run for each that right ones pass."""
    assert len(CORE) <= len(corpus.NAMES) / 6
    assert all_of(verdicts.failed, CORE) == all_of(verdicts.failed, corpus.NAMES)
    right = [name for name in CORE if verdicts.is_right(name)]
    run = [set(CORE[name]) & verdicts.passed(name) for name in right]
    for check in all_of(verdicts.passed, corpus.NAMES):
        able = sum(check in verdicts.passed(name) for name in corpus.NAMES)
        assert sum(check in checks for checks in run) >= min(2, able)
