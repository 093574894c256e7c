"""What is left of a run's patience with a program, after what its checks have found out."""

from __future__ import annotations

from dataclasses import replace

from grader.model.patience import LEAST, SLEEPS, Patience, left_after
from grader.model.verdict import CheckResult, Failure, Status


def result(check_id: str = "t.a", asleep: float = 0.0, failure: Failure | None = None) -> CheckResult:
    """What became of a check."""
    status = Status.FAIL if failure else Status.PASS
    return CheckResult(check_id, "It works.", "server", 1, status, failure=failure, asleep=asleep)


LOST = Failure("it never came", "this", "nothing")


def test_before_any_check():
    """The first check has all patience, and doubts nothing."""
    assert left_after([]) == Patience()


def test_a_program_that_is_quick_keeps_it():
    """A little sleep in many checks takes nothing from the next one."""
    assert left_after([result(asleep=0.2)] * 40).asleep == Patience().asleep


def test_a_run_has_an_end():
    """When all checks together have slept for long enough, each of the others has the least, but never nothing."""
    assert left_after([result(asleep=10.0)] * 40).asleep == LEAST > 0


def test_a_program_that_sleeps_before_it_answers():
    """Where the check of pace has failed, no other one waits for that sleep."""
    assert left_after([result(failure=replace(LOST, step=SLEEPS.step))]).asleep == LEAST


def test_doubts():
    """What failed for want of anything is doubted by whoever waits for the same; what failed in its form is not."""
    left = left_after([result("t.a", failure=LOST), result("t.b", failure=replace(LOST, spreads=False)), result("t.c")])
    assert left.doubted == {"t.a"}


def test_an_endless_loop_is_remembered():
    """One check that saw the program spin tells all others."""
    assert left_after([result(), replace(result(), spins=True)]).spins
