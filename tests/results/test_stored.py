"""Reports that an earlier version has stored get the fields that they lack."""

from __future__ import annotations

import sqlite3

import pytest
from support.report_samples import failed, report, result
from support.schema import ADDED

from grader.batch.store import NAME, Store
from grader.model.answer import FunctionSource, WrittenAnswer
from grader.model.errors import NeedsReview
from grader.model.message import Message
from grader.model.report import NOT_HANDED_IN, ONLY_NEEDED
from grader.model.verdict import CheckResult, Failure, Status
from grader.reports.json import to_dict
from grader.results.graded import Entry, Review
from grader.results.stored import upgraded
from grader.results.symptoms import Symptom

ID = "task4.rejoin"
SKIPPED = "skipped: it needs task1.broadcast, which failed"


def written(place: str, text: str, about: FunctionSource | None = None) -> CheckResult:
    """An answer that awaits a person."""
    read = NeedsReview("own words", WrittenAnswer(place, text, about))
    return result(ID, Status.REVIEW, failure=read.failure, summary=read.failure.summary, notes=read.notes)


def before(made: dict) -> dict:
    """The report as an earlier version wrote it."""
    tasks = [
        {**task, "checks": [{key: value for key, value in one.items() if key not in ADDED} for one in task["checks"]]}
        for task in made["tasks"]
    ]
    return {**made, "tasks": tasks}


OLD = [
    result(ID),
    failed(ID),
    result(ID, Status.SKIP, caused_by="task1.broadcast", summary=SKIPPED),
    result(ID, Status.SKIP, caused_by="task1.broadcast"),
    result(ID, Status.SKIP, summary=NOT_HANDED_IN, absent=True),
    result(ID, points=0, notes=("odd", ONLY_NEEDED), wanted=False),
    result(ID, Status.ERROR, summary="the machine was too slow"),
    written("answers.md", "It waits: in a thread."),
    written(
        "the comment at listen()", "a, b", FunctionSource("listen", "my, client.py", 7, "def listen():\n\n    pass")
    ),
    written("README.md", "Yes.", FunctionSource("", "c.py", 10, "while True: pass")),
]


def without_values(made: dict) -> dict:
    """The report with sentences of which it is not known what varies in them."""
    tasks = [
        {
            **task,
            "checks": [
                {**check, "messages": {part: Message.of(check[part]).as_dict() for part in check["messages"]}}
                if check["messages"]
                else check
                for check in task["checks"]
            ],
        }
        for task in made["tasks"]
    ]
    return {**made, "tasks": tasks}


@pytest.mark.parametrize("check", OLD, ids=range(len(OLD)))
def test_missing_fields_are_filled_in(check):
    """What the sentences of an earlier report tell is what this version has in its fields."""
    made = to_dict(report(failed(), check))
    assert upgraded(before(made)) == without_values(made)
    assert upgraded(made) == made


def test_what_a_person_wrote_is_no_fact():
    """Words of a failure or an error that look like those of a skip are none."""
    checks = [result(ID, status, summary=SKIPPED) for status in (Status.ERROR, Status.FAIL)]
    for check in upgraded(before(to_dict(report(failed(), *checks))))["tasks"][0]["checks"]:
        assert (check["caused_by"], check["absent"], check["answer"]) == ("", False, None)


def test_sentences_of_an_earlier_report_are_of_one_kind_if_they_are_equal():
    """Of a report without messages it is not known what varies: equal sentences fall together, others do not."""
    hints = ["tell {others}", "tell {others}", "tell {all}"]
    checks = [failed(ID, Failure("mira got it", "this", "that", hint)) for hint in hints]
    first, same, other = map(Symptom.of, upgraded(before(to_dict(report(*checks))))["tasks"][0]["checks"])
    assert first == same == first.meet(same)
    assert first.kind != other.kind
    assert (str(first.happened), str(first.hint)) == ("mira got it", "tell {others}")


def test_a_class_that_was_stored_before(tmp_path):
    """A store that holds such a report shows it with all fields, and what a person has decided on it still counts."""
    made = to_dict(report(failed(), written("answers.md", "It waits.")))
    answer = made["tasks"][0]["checks"][1]
    with Store(tmp_path, create=True) as store:
        store.expect({"ada": Entry("ada", ())}, {})
        store.save("ada", "v1", before(made))
        store.review("ada", before(made)["tasks"][0]["checks"][1], Review(1, "half"))
    with Store(tmp_path) as store:
        [ada] = store.graded()
        assert (ada.report, ada.reviews) == (without_values(made), {answer["id"]: Review(1, "half")})
    with sqlite3.connect(tmp_path / NAME) as database:
        assert "caused_by" not in database.execute("SELECT report FROM submissions").fetchone()[0]
    database.close()
