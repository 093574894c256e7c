"""Classes made by hand, for the tests of what is made of them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from grader.model.report import Report, Submission, TaskReport
from grader.model.verdict import Failure, Status, Where
from grader.reports.json import to_dict
from grader.reports.registry import export
from grader.results.graded import Class, Entry, Graded, Person, Review
from support.report_samples import failed, failure, full_report, report, result

ADA = Person("Ada Lovelace", "101", "ada@uni.example")
BOB = Person("Bob Ross", "102", "bob@uni.example")
CYD = Person("Cyd Ö", "103", "cyd@uni.example")
DAN = Person("Dan", "104", "dan@uni.example")


def scored(earned: int, of: int = 20, *, review: int = 0, bonus: int = 0) -> Report:
    """Make a report with so many points, and some that await a person."""
    checks = [result("task1.listens", points=earned), failed("task1.broadcast", points=of - earned - review)]
    if review:
        checks.append(result("task1.explains", Status.REVIEW, review, summary="A person grades it."))
    extra = TaskReport("task5", "Task 5: frames", True, (result("task5.frames", points=bonus),))
    tasks = (TaskReport("task1", "Task 1: chat", False, tuple(checks)), *([extra] if bonus else []))
    return report(tasks=tasks)


def graded(
    key: str, made: Report | None, *people: Person, error: str = "", penalty: int = 0, late: bool = False
) -> Graded:
    """Make the result of a hand-in."""
    data = to_dict(made) if made else None
    return Graded(Entry(key, people, late, "2024-05-06T07:00:00Z"), data, error, penalty=penalty)


def sample_class() -> Class:
    """Make a class of a pair, one that is late, one that could not be graded, and one with a bit of everything."""
    everything = graded("dan", full_report(), DAN)
    return Class(
        (
            replace(everything, reviews={"task1.explains": Review(1, "Half of it is there.")}),
            graded("cyd", None, CYD, error="the archive is broken"),
            graded("ada+bob", scored(14, bonus=3), ADA, BOB),
            graded("eve", scored(9, review=4), Person("Eve", "eve"), penalty=2, late=True),
        ),
        "folders",
        {check.id: check.points for check in full_report()},
    )


def hostile(text: str) -> Graded:
    """Make a hand-in whose author writes this wherever she can."""
    bad = Failure(text, text, text, text, Where(text or "x", 3))
    check = failed("task1.broadcast", bad, program_output=text, notes=(text or "x",))
    asked = result("task1.explains", Status.REVIEW, 2, failure=bad, summary=text)
    broken = result("task1.listens", Status.ERROR, 2, summary=text or "x")
    advice = failed("task4.stalled-reader", failure(text, text, hint=text), points=0)
    made = report(
        check, asked, broken, advice, submission=Submission(text, text, "0", {"server": text or "x"}, (text or "x",))
    )
    return replace(
        graded(text or "x", made, Person(text, text, text)),
        entry=Entry(text or "x", (Person(text, text, text),), submitted=text, notes=(text,)),
        reviews={"task1.explains": Review(1, text)} if len(text) % 2 else {},
    )


def csv_rows(class_: Class) -> list[dict[str, str]]:
    """The rows of the CSV of a class, one a student, checks under their ids."""
    text = export(class_, "csv").files["grades.csv"].decode("utf-8-sig")
    return [
        {title.removesuffix(" (bonus)"): cell for title, cell in row.items()}
        for row in csv.DictReader(io.StringIO(text))
    ]
