"""The verdict suite: every way to be right or wrong in tests/submissions, graded as a user grades it."""

from __future__ import annotations

import pytest
import verdicts


@pytest.mark.parametrize("name", [name for name in verdicts.NAMES if verdicts.is_right(name)])
def test_right_submission(name):
    """A right server, however odd, scores full marks and status 0."""
    graded = verdicts.report(name)
    assert verdicts.difference(name, graded) == []
    earned = graded["score"] + graded["bonus"] + graded["awaiting_review"]
    maximum = graded["max_score"] + (graded["max_bonus"] if verdicts.is_framed(name) else 0)
    assert (earned, graded["exit_status"]) == (maximum, 0)


@pytest.mark.parametrize("name", [name for name in verdicts.NAMES if not verdicts.is_right(name)])
def test_wrong_submission(name):
    """A wrong server fails exactly the checks about its fault, and each failure says what was expected and seen."""
    graded = verdicts.report(name)
    assert verdicts.difference(name, graded) == []
    failed = [check for task in graded["tasks"] for check in task["checks"] if check["status"] == "fail"]
    assert all(check["expected"] and check["observed"] and check["hint"] for check in failed)
    assert graded["exit_status"] == int(any(check["points"] for check in failed))


def test_reference_scores_full_marks():
    """The reference programs pass every check, those that only advise too; Task 2's answers await a person."""
    graded = verdicts.report("../../reference")
    assert verdicts.verdicts(graded) == dict.fromkeys(["task2.explains-listener", "task2.explains-framing"], "review")
    assert (graded["score"], graded["awaiting_review"], graded["bonus"]) == (96, 4, 20)


@pytest.mark.parametrize("check", ["task4.reset-mid-broadcast", "task4.mass-death"])
def test_lock_taken_twice_is_named(check):
    """A server that takes a lock twice is told the line in its own file where it waits for itself."""
    graded = verdicts.report("codelab_two_faults", "--only", check)
    [result] = [one for task in graded["tasks"] for one in task["checks"] if one["id"] == check]
    source = (verdicts.SUBMISSIONS / "codelab_two_faults" / "simple_chat_server.py").read_text().splitlines()
    assert result["where"]["file"] == "simple_chat_server.py"
    assert source[result["where"]["line"] - 1].strip() == "with self.mutex:"
    assert "drop() waits for self.mutex" in result["hint"]


def test_crash_before_connecting_is_the_cause():
    """A client that crashes before it connects is told its crash and the line, not how to connect."""
    graded = verdicts.report("client_crashes_at_start", "--only", "task1.client-connects")
    [result] = [one for task in graded["tasks"] for one in task["checks"] if one["status"] == "fail"]
    assert result["hint"] == "the client ended with NameError: name 'threading' is not defined (line 5)"


def test_end_of_the_server_is_marked():
    """A line sent after the server has gone is not what went wrong: marked is where the connection ended."""
    graded = verdicts.report("server_dies_on_reset", "--only", "task4.reset-mid-broadcast")
    [result] = [one for task in graded["tasks"] for one in task["checks"] if one["id"] == "task4.reset-mid-broadcast"]
    [marked] = [event for event in result["transcript"] if event.get("mark")]
    assert (marked["dir"], marked["data"]) == ("note", "connection closed by the server")
    assert marked["mark"] == f"from here on {marked['who']} gets nothing"


def test_corpus_is_large_enough():
    """There are at least 12 right servers and 30 wrong ones, and each check of a server is failed by one of them."""
    from grader.codelab import load

    right = [name for name in verdicts.NAMES if verdicts.is_right(name)]
    assert len(right) >= 12
    assert len(verdicts.NAMES) - len(right) >= 30
    failed = {check for name in verdicts.NAMES for check, status in verdicts.expected(name).items() if status == "fail"}
    assert {check.id for check in load().catalogue if check.runs == "server"} - failed == set()
