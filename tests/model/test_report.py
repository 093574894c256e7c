"""The report: sums and the exit status."""

from __future__ import annotations

import pytest
from support.report_samples import report, result

from grader.model.report import TaskReport
from grader.model.verdict import CheckResult, Status

PASS, FAIL, SKIP, REVIEW, ERROR = Status.PASS, Status.FAIL, Status.SKIP, Status.REVIEW, Status.ERROR


def verdicts(*told: tuple[Status, int]) -> tuple[CheckResult, ...]:
    """Make results of these verdicts and points."""
    return tuple(result(f"task1.check{number}", status, points) for number, (status, points) in enumerate(told))


@pytest.mark.parametrize(
    ("told", "status"),
    [
        pytest.param([], 0, id="nothing ran"),
        pytest.param([(PASS, 2), (PASS, 0)], 0, id="all passed"),
        pytest.param([(PASS, 2), (REVIEW, 2)], 0, id="awaits review"),
        pytest.param([(PASS, 2), (FAIL, 0)], 0, id="only advice failed"),
        pytest.param([(PASS, 2), (SKIP, 0)], 0, id="only advice skipped"),
        pytest.param([(PASS, 2), (FAIL, 1)], 1, id="one failed"),
        pytest.param([(PASS, 2), (SKIP, 1)], 1, id="one skipped"),
        pytest.param([(PASS, 2), (ERROR, 1)], 3, id="one without a verdict"),
        pytest.param([(PASS, 2), (ERROR, 0)], 3, id="an advice without a verdict"),
        pytest.param([(FAIL, 2), (ERROR, 1)], 3, id="a missing verdict outweighs a failure"),
    ],
)
def test_exit_status(told, status):
    """The exit status is 3 when a verdict is missing, 1 when points were lost, else 0."""
    assert report(*verdicts(*told)).exit_status == status


@pytest.mark.parametrize(
    ("status", "earned"), [(PASS, 4), (FAIL, 0), (SKIP, 0), (REVIEW, 0), (ERROR, 0)], ids=lambda value: str(value)
)
def test_all_or_nothing(status, earned):
    """A check gives all its points when it passed and none otherwise."""
    assert result("task1.join", status, 4).earned == earned


def test_sums():
    """Tasks that count and bonus tasks are summed apart, and points that await a person are told."""
    made = report(
        tasks=(
            TaskReport("task1", "One", False, verdicts((PASS, 3), (FAIL, 4), (REVIEW, 2))),
            TaskReport("task2", "Two", False, verdicts((PASS, 5), (SKIP, 1), (ERROR, 1), (FAIL, 0))),
            TaskReport("task5", "Five", True, verdicts((PASS, 7), (FAIL, 6), (REVIEW, 1))),
        )
    )
    assert [(task.score, task.max_score) for task in made.tasks] == [(3, 9), (5, 7), (7, 14)]
    assert (made.score, made.max_score) == (8, 16)
    assert (made.bonus, made.max_bonus) == (7, 14)
    assert made.awaiting_review == 3


def test_a_bonus_that_failed_is_a_failure():
    """A bonus check gives points too, so its failure shows in the exit status."""
    made = report(tasks=(TaskReport("task5", "Five", True, verdicts((FAIL, 6))),))
    assert (made.max_score, made.exit_status) == (0, 1)


def test_iterates_over_all_checks_in_order():
    """A report goes through the checks of all its tasks in their order."""
    one, two, three = result("task1.listens"), result("task1.broadcast"), result("task4.rejoin")
    made = report(tasks=(TaskReport("task1", "One", False, (one, two)), TaskReport("task4", "Four", False, (three,))))
    assert list(made) == [one, two, three]
