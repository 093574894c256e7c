"""Tests of the report as data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from support.report_samples import ECHO_EVENTS, failed, failure, full_report, report, result
from support.schema import ADDED, SCHEMA, VALIDATOR

import grader
from grader.model.answer import FunctionSource, WrittenAnswer
from grader.model.errors import NeedsReview
from grader.model.kinds import Cause, Kind
from grader.model.report import NOT_HANDED_IN, ONLY_NEEDED, Report
from grader.model.verdict import Event, Failure, Status
from grader.reports.json import render, to_dict


def loaded(made: Report) -> Any:
    """Render, validate and read back."""
    data = json.loads(render(made))
    VALIDATOR.validate(data)
    return data


def first_check(made: Report) -> Any:
    """Take the first check of the first task."""
    return loaded(made)["tasks"][0]["checks"][0]


def test_the_schema_is_one() -> None:
    """The schema itself is valid under JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


ANSWER = WrittenAnswer("answers.md", "It waits: in a thread.", FunctionSource("", "c.py", 3, "while True:\n    pass"))


def test_every_object_of_the_schema_is_closed() -> None:
    """Each object lists its properties and allows no others; all are required but the mark of an event and added fields."""
    for name, part in SCHEMA["$defs"].items():
        if part.get("type") == "object":
            assert part["additionalProperties"] is False, name
            assert set(part["properties"]) - set(part["required"]) <= {"mark", *ADDED}, name


@pytest.mark.parametrize("made", [full_report(), report(), report(tasks=())])
def test_reports_are_valid(made: Report) -> None:
    """What is written is valid, and reads back as what `to_dict` gave."""
    assert loaded(made) == to_dict(made)


def test_the_head_of_the_report() -> None:
    """The report says which tool made it, of what, how, and the sums."""
    data = loaded(full_report())
    del data["tasks"]
    assert data == {
        "schema": "chatgrade/report/1",
        "tool": {"name": "chatgrade", "version": grader.__version__},
        "submission": {
            "name": "ada",
            "path": "/classes/ada",
            "digest": "0f3a",
            "files": {"server": "simple_chat_server.py"},
        },
        "run": {
            "seed": 4711,
            "started": "2024-05-06T07:08:09Z",
            "seconds": 1.26,
            "isolation": "full",
            "python": "3.11.7",
            "platform": "Linux",
        },
        "score": 4,
        "max_score": 20,
        "bonus": 0,
        "max_bonus": 3,
        "awaiting_review": 2,
        "notes": ["The checks ran one after another on the real port: this machine allows no private networks."],
    }


def test_a_failed_check() -> None:
    """A failed check carries its evidence; only an event that has a mark has that key."""
    assert first_check(report(failed(transcript=ECHO_EVENTS, program_output="hi\n", notes=("odd",)))) == {
        "id": "task1.broadcast",
        "title": "A message reaches everyone else, once, and does not come back to its sender.",
        "runs": "server",
        "status": "fail",
        "points": 4,
        "earned": 0,
        "seconds": 0.0123,
        "summary": "mira heard her own message",
        "expected": 'mira hears nothing of "copper lantern 41"',
        "observed": 'mira got "mira: copper lantern 41" 0.3 ms after she said it',
        "hint": "broadcast() sends to every client, the sender too: skip the sender's connection",
        "where": {"file": "simple_chat_server.py", "line": 57},
        "needs": [],
        "caused_by": "",
        "absent": False,
        "wanted": True,
        "inconclusive": False,
        "kind": None,
        "cause": None,
        "messages": {
            "summary": {"template": "{nick} heard her own message", "values": {"nick": "mira"}},
            "expected": {
                "template": '{nick} hears nothing of "{text}"',
                "values": {"nick": "mira", "text": "copper lantern 41"},
            },
            "observed": {
                "template": '{nick} got "{line}" {time} ms after she said it',
                "values": {"nick": "mira", "line": "mira: copper lantern 41", "time": "0.3"},
            },
            "hint": {
                "template": "broadcast() sends to every client, the sender too: skip the sender's connection",
                "values": {},
            },
        },
        "answer": None,
        "notes": ["odd"],
        "program_output": "hi\n",
        "transcript": [
            {"t": 0.0, "who": "mira", "dir": "out", "data": "copper lantern 41"},
            {"t": 0.0002, "who": "otto", "dir": "in", "data": "mira: copper lantern 41"},
            {
                "t": 0.0003,
                "who": "mira",
                "dir": "in",
                "data": "mira: copper lantern 41",
                "mark": "should not have come",
            },
        ],
    }


def test_a_passed_check_has_every_key() -> None:
    """What a passed check has no words for is an empty string, and its place is null."""
    check = first_check(report(result("task1.broadcast")))
    assert [check[key] for key in ("summary", "expected", "observed", "hint", "where")] == ["", "", "", "", None]


@pytest.mark.parametrize(
    ("more", "summary"),
    [
        ({}, "needs task1.listens, which failed"),
        ({"summary": "something else"}, "needs task1.listens, which failed"),
        ({"summary": "left out: task1.listens failed"}, "left out: task1.listens failed"),
        ({"failure": failure()}, "follows from task1.listens, which failed"),
    ],
)
def test_a_skip_names_its_reason(more: dict[str, Any], summary: str) -> None:
    """The summary of a skip names the failed check."""
    check = result("task1.broadcast", Status.SKIP, caused_by="task1.listens", needs=("task1.listens",), **more)
    assert first_check(report(check))["summary"] == summary


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        ({"status": Status.SKIP, "caused_by": "task1.listens"}, {"caused_by": "task1.listens"}),
        ({"status": Status.SKIP, "summary": NOT_HANDED_IN, "absent": True}, {"absent": True}),
        ({"points": 0, "notes": (ONLY_NEEDED,), "wanted": False}, {"wanted": False}),
        ({"status": Status.ERROR, "summary": "no time", "inconclusive": True}, {"inconclusive": True}),
    ],
)
def test_facts_are_fields(more: dict[str, Any], facts: dict[str, Any]) -> None:
    """Why a check was skipped or has no verdict, and that it gives no points, is told by fields beside the sentences."""
    usual = {"caused_by": "", "absent": False, "wanted": True, "inconclusive": False}
    usual |= {"kind": None, "cause": None, "messages": None, "answer": None}
    check = first_check(report(result("task1.broadcast", **more)))
    assert {field: check[field] for field in ADDED} == usual | facts


def test_the_kind_of_a_failure_and_its_cause_are_told_with_their_values() -> None:
    """A failure that the engine tells by itself has its kind and its cause beside its sentences."""
    made = Failure.of(Kind.NEVER_LISTENS, name="a.py", port=5000).with_cause(Cause.WAITS, line=3, source="input()")
    check = first_check(report(failed(failure=made)))
    assert check["kind"] == {"name": "never-listens", "values": {"name": "a.py", "port": 5000}}
    assert check["cause"] == {"name": "waits", "values": {"line": 3, "source": "input()"}}
    assert (check["summary"], check["hint"]) == ("a.py runs, but never listens", "it waits in line 3: input()")
    assert check["messages"]["summary"] == {
        "template": "{name} runs, but never listens",
        "values": {"name": "a.py", "port": 5000},
    }


@pytest.mark.parametrize(
    ("about", "notes"), [(ANSWER.about, ["the code, c.py line 3:\nwhile True:\n    pass"]), (None, [])]
)
def test_an_answer_is_told_in_its_parts(about: FunctionSource | None, notes: list[str]) -> None:
    """An answer that awaits a person stands in a sentence, as ever, and in its parts, which are read back."""
    answer = replace(ANSWER, about=about)
    read = NeedsReview("own words", answer)
    check = first_check(report(result("task1.explains", Status.REVIEW, failure=read.failure, notes=read.notes)))
    assert WrittenAnswer.of(check["answer"]) == answer
    assert (check["observed"], check["notes"]) == ("answers.md: It waits: in a thread.", notes)
    assert check["where"] == ({"file": "c.py", "line": 3} if about else None)


def test_a_report_that_was_stored_before_is_valid() -> None:
    """A report without the fields that were added is valid, too."""
    data = to_dict(full_report())
    for task in data["tasks"]:
        for check in task["checks"]:
            for field in ADDED:
                del check[field]
    VALIDATOR.validate(data)


def test_notes_on_the_submission_are_notes() -> None:
    """Notes on the submission and on the run are one list, and none is in it twice."""
    made = full_report()
    object.__setattr__(made.submission, "notes", ("Taken: server.py.", *made.notes))
    assert loaded(made)["notes"] == ["Taken: server.py.", *made.notes]


@pytest.mark.parametrize("data", ["\x00\x1b[31m\u202e\x7f", "漢字", "x" * 1_000_000])
def test_nothing_is_cut_or_lost(data: str) -> None:
    """Whatever a program wrote can be read back as it was, and the text itself is ASCII that any terminal may show."""
    made = report(failed(failure=failure(data, data), transcript=(Event(0.0, data, "in", data),), program_output=data))
    assert re.fullmatch(r"[\n -~]*", render(made))
    check = first_check(made)
    assert check["expected"] == check["observed"] == check["program_output"] == data
    assert check["transcript"][0]["data"] == data


SPOILERS: dict[str, Callable[[Any], Any]] = {
    "an unknown key": lambda data: data.update(extra=1),
    "another schema": lambda data: data.update(schema="chatgrade/report/2"),
    "a missing key": lambda data: data.pop("notes"),
    "a number as text": lambda data: data.update(score="4"),
    "a time without a zone": lambda data: data["run"].update(started="2024-05-06T07:08:09"),
    "an unknown status": lambda data: data["tasks"][0]["checks"][0].update(status="passed"),
    "an id without a task": lambda data: data["tasks"][0]["checks"][0].update(id="broadcast"),
    "a place without a line": lambda data: data["tasks"][0]["checks"][1]["where"].pop("line"),
    "an empty mark": lambda data: data["tasks"][0]["checks"][1]["transcript"][0].update(mark=""),
    "a skip without a reason": lambda data: data["tasks"][2]["checks"][0].update(summary=""),
}


@pytest.mark.parametrize("spoil", SPOILERS)
def test_the_schema_is_strict(spoil: str) -> None:
    """A report that departs from the format is not valid."""
    data = to_dict(full_report())
    SPOILERS[spoil](data)
    assert not VALIDATOR.is_valid(data)


def test_the_schema_names_no_check() -> None:
    """The schema holds for any codelab: it names no task and no check."""
    assert not re.search(r"task\d", json.dumps(SCHEMA))
