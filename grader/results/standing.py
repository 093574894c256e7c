"""What all exports need of a class: whose grade, how many points, whether that is final, and why not.

Points are whole numbers. A score that may still change is never shown as a plain number where a remark has room, and
is not written where there is none.
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
    """A course's options for exports, and the guides that pages show with each check."""

    bonus: bool = False  # count bonus points in formats with a single number
    provisional: bool = False  # fill in scores that are not final, too
    column: str = ""  # title or id of the column to fill; needed where several may be meant
    visibility: str = ""  # Gradescope: visible, hidden, after_due_date or after_published
    environ: Mapping[str, str] = field(default_factory=dict)  # Classroom 50's runner names the submission in it
    guides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by check id


def in_order(class_: Class) -> list[Graded]:
    """All hand-ins in the order of their keys."""
    return sorted(class_.graded, key=lambda graded: graded.entry.key)


def people(graded: Graded) -> tuple[Person, ...]:
    """The people who get this grade; without names from the platform, the hand-in's key stands for its author."""
    return graded.entry.people or (Person(graded.entry.key, graded.entry.key),)


def students(class_: Class) -> Iterator[tuple[Person, Graded]]:
    """Each student with her hand-in; a group's members one by one."""
    return ((person, graded) for graded in in_order(class_) for person in people(graded))


def name(person: Person) -> str:
    """How to call a student in a sentence."""
    return person.name or person.email or person.id or "somebody without a name"


def points(graded: Graded, choices: Choices) -> int:
    """The points for formats with a single number."""
    return graded.score + (graded.bonus if choices.bonus else 0)


def max_bonus(graded: Graded) -> int:
    """The most points possible in bonus tasks."""
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
    """Ids of checks without a verdict because of the grader or the machine."""
    return [check["id"] for check in graded.checks() if check["status"] == "error"]


def status(graded: Graded) -> str:
    """`final`, or in a few words why the score is not."""
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
    """Whether the score can no longer change."""
    return graded.report is not None and not graded.awaiting_review and not troubled(graded)


def verdict(graded: Graded, choices: Choices) -> list[str]:
    """The whole result in sentences: score, bonus, penalty, and whether it is final."""
    if graded.report is None:
        return [status(graded).capitalize()]
    sentences = [f"Score {graded.score}/{graded.max_score}"]
    if graded.penalty:
        sentences.append(f"Late: a penalty of {count(graded.penalty, 'point')} is taken off")
    if max_bonus(graded):
        sentences.append(
            f"Bonus {graded.bonus}/{max_bonus(graded)}, {'' if choices.bonus else 'not '}counted in the grade"
        )
    return sentences if is_final(graded) else [*sentences, status(graded).capitalize()]


def worth(check: Mapping[str, Any]) -> str:
    """The points of a check, or its verdict in a word."""
    if not check["points"]:
        return "advice"
    return f"{'?' if check['status'] in ('review', 'error') else check['earned']}/{check['points']}"


def evidence(check: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of label and text about a check that did not pass; texts may quote the student."""
    if check["status"] == "pass":
        return []
    where = check["where"]
    labelled = [
        ("what", check["summary"]),
        ("expected", check["expected"]),
        ("seen", check["observed"]),
        ("likely", check["hint"]),
        ("where", f"{where['file']}, line {where['line']}" if where else ""),
        *(("note", note) for note in check["notes"]),
    ]
    return [(label, text) for label, text in labelled if text]


def evidence_text(check: Mapping[str, Any]) -> str:
    """The evidence as lines of plain text, made harmless where lines may stand."""
    return sinks.xml("\n".join(f"{label}: {text}" for label, text in evidence(check)))


def remarks(check: Mapping[str, Any], bonus: frozenset[str]) -> list[str]:
    """Remarks to show with a check's name where its points alone would mislead."""
    found = [
        (f"bonus {worth(check)}", check["id"] in bonus),
        ("advice", not check["points"]),
        ("awaiting review", check["status"] == "review"),
        ("grader error, no verdict", check["status"] == "error"),
    ]
    return [remark for remark, holds in found if holds]


def full_title(check: Mapping[str, Any], bonus: frozenset[str]) -> str:
    """A check's full title: id, sentence and remarks."""
    notes = remarks(check, bonus)
    return sinks.xml(f"{check['id']}: {check['title']}" + (f" ({', '.join(notes)})" if notes else ""))


def scaled(value: int, of: int, maximum: Fraction) -> Fraction:
    """Convert points out of `of` into points out of `maximum`, exactly."""
    return value * maximum / of


def number(value: Fraction, decimal_sign: str = ".") -> str:
    """A number as text, with at most five decimal places, rounded half up."""
    units = (value * 10**_DIGITS * 2 + 1) // 2
    whole, rest = divmod(units, 10**_DIGITS)
    digits = f"{rest:0{_DIGITS}}".rstrip("0")
    return f"{whole}{decimal_sign}{digits}" if digits else str(whole)
