"""What all exports ask of a class: whose grade, how many points, whether that is final, and why not.

Points are whole numbers. A score that may still change is never shown as a plain number where there is a place to say so, and
is never written where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from grader.results.graded import Class, Graded, Person
from grader.text import sinks
from grader.text.prose import count

_DIGITS = 5  # after the point: as many as Moodle and Canvas keep


@dataclass(frozen=True)
class Choices:
    """What exports are made with: what a course may decide about them, and what pages tell of each check."""

    bonus: bool = False  # bonus points count in formats that hold one number
    provisional: bool = False  # scores that are not final are filled in, too
    column: str = ""  # the column to fill, by title or id; needed where the file does not tell
    visibility: str = ""  # Gradescope: visible, hidden, after_due_date or after_published
    environ: Mapping[str, str] = field(default_factory=dict)  # Classroom 50 tells in it whose result it is
    guides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by check id


def in_order(class_: Class) -> list[Graded]:
    """All hand-ins in the order of their keys."""
    return sorted(class_.graded, key=lambda graded: graded.entry.key)


def people(graded: Graded) -> tuple[Person, ...]:
    """Who gets this grade; where the platform names nobody, the key of the hand-in stands for its author."""
    return graded.entry.people or (Person(graded.entry.key, graded.entry.key),)


def students(class_: Class) -> Iterator[tuple[Person, Graded]]:
    """Each student with her hand-in; a group's members one by one."""
    return ((person, graded) for graded in in_order(class_) for person in people(graded))


def name(person: Person) -> str:
    """How to call a student in a sentence."""
    return person.name or person.email or person.id or "somebody without a name"


def points(graded: Graded, choices: Choices) -> int:
    """The one number for formats that hold one."""
    return graded.score + (graded.bonus if choices.bonus else 0)


def max_bonus(graded: Graded) -> int:
    """Points that could be had in bonus tasks."""
    return int(graded.report["max_bonus"]) if graded.report else 0


def bonus_checks(graded: Iterable[Graded]) -> frozenset[str]:
    """The ids of all checks in bonus tasks."""
    return frozenset(
        check["id"]
        for one in graded
        for task in (one.report["tasks"] if one.report else ())
        if task["bonus"]
        for check in task["checks"]
    )


def troubled(graded: Graded) -> list[str]:
    """The ids of checks without a verdict, for which the grader or the machine is to blame."""
    return [check["id"] for check in graded.checks() if check["status"] == "error"]


def status(graded: Graded) -> str:
    """Say `final`, or in a few words why it is not."""
    if is_final(graded):
        return "final"
    if graded.report is None:
        return f"not graded: {graded.error or 'there is no report'}"
    open_ = []
    if graded.awaiting_review:
        open_.append(f"{count(graded.awaiting_review, 'point')} awaiting review")
    if trouble := troubled(graded):
        open_.append(f"grader error in {', '.join(trouble)}")
    return f"not final: {'; '.join(open_)}"


def is_final(graded: Graded) -> bool:
    """Whether nothing will change the score any more."""
    return graded.report is not None and not graded.awaiting_review and not troubled(graded)


def verdict(graded: Graded, choices: Choices) -> list[str]:
    """Tell the whole result in sentences: score, bonus, penalty, and whether it is final."""
    if graded.report is None:
        return [status(graded).capitalize()]
    said = [f"Score {graded.score}/{graded.max_score}"]
    if graded.penalty:
        said.append(f"Late: a penalty of {count(graded.penalty, 'point')} is taken off")
    if max_bonus(graded):
        said.append(f"Bonus {graded.bonus}/{max_bonus(graded)}, {'' if choices.bonus else 'not '}counted in the grade")
    return said if is_final(graded) else [*said, status(graded).capitalize()]


def worth(check: Mapping[str, Any]) -> str:
    """What a check gave, in a word."""
    if not check["points"]:
        return "advice"
    return f"{'?' if check['status'] in ('review', 'error') else check['earned']}/{check['points']}"


def evidence(check: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is said of a check that did not pass: pairs of a label and a text, which may be the student's."""
    if check["status"] == "pass":
        return []
    where = check["where"]
    told = [
        ("what", check["summary"]),
        ("expected", check["expected"]),
        ("seen", check["observed"]),
        ("likely", check["hint"]),
        ("where", f"{where['file']}, line {where['line']}" if where else ""),
        *(("note", note) for note in check["notes"]),
    ]
    return [(label, text) for label, text in told if text]


def told(check: Mapping[str, Any]) -> str:
    """The evidence as lines of plain text, made harmless where lines may stand."""
    return sinks.xml("\n".join(f"{label}: {text}" for label, text in evidence(check)))


def remarks(check: Mapping[str, Any], bonus: frozenset[str]) -> list[str]:
    """What must be said with a check's name where its points alone would mislead."""
    found = [
        (f"bonus {worth(check)}", check["id"] in bonus),
        ("advice", not check["points"]),
        ("awaiting review", check["status"] == "review"),
        ("grader error, no verdict", check["status"] == "error"),
    ]
    return [remark for remark, holds in found if holds]


def called(check: Mapping[str, Any], bonus: frozenset[str]) -> str:
    """The name of a check where only one name is shown: its id, its sentence, and remarks."""
    said = remarks(check, bonus)
    return sinks.xml(f"{check['id']}: {check['title']}" + (f" ({', '.join(said)})" if said else ""))


def scaled(value: int, of: int, maximum: Fraction) -> Fraction:
    """Turn points out of `of` into points out of `maximum`, exactly."""
    return value * maximum / of


def number(value: Fraction, decimal_sign: str = ".") -> str:
    """Write a number: whole where it is whole, else with at most five digits, rounded half up."""
    units = (value * 10**_DIGITS * 2 + 1) // 2
    whole, rest = divmod(units, 10**_DIGITS)
    digits = f"{rest:0{_DIGITS}}".rstrip("0")
    return f"{whole}{decimal_sign}{digits}" if digits else str(whole)
