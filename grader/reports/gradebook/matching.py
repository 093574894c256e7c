"""Match students of the class with the rows of a platform's file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from grader.results.graded import Class, Graded, Person
from grader.results.standing import Choices, is_final, name, status, students
from grader.text.prose import count


@dataclass(frozen=True)
class GradebookRow:
    """A student's row in the platform's file: `ids` maps column names to values, the most reliable first."""

    number: int
    name: str
    ids: Mapping[str, str]


@dataclass(frozen=True)
class Match:
    """Row number -> its hand-in, and notes on students and rows without a match."""

    rows: Mapping[int, Graded]
    notes: tuple[str, ...]


def match(rows: Iterable[GradebookRow], class_: Class) -> Match:
    """Find each student's row by the most reliable common id; ambiguous rows and students get nothing."""
    rows = list(rows)
    by_row: dict[int, list[tuple[Person, Graded]]] = defaultdict(list)
    notes = []
    for person, graded in students(class_):
        column, matches = _find(rows, person)
        if not matches:
            notes.append(f"{name(person)} ({graded.entry.key}): not in the file")
        elif len(matches) > 1:
            notes.append(
                f"{name(person)} ({graded.entry.key}): {len(matches)} rows have this {column}; none was filled"
            )
        else:
            by_row[matches[0].number].append((person, graded))
            if column != next(iter(matches[0].ids)):
                notes.append(f"{name(person)} ({graded.entry.key}): found by {column}")
    notes += [_not_one(several) for several in by_row.values() if len(several) > 1]
    if absent := [row.name for row in rows if row.number not in by_row]:
        notes.append(f"{count(len(absent), 'row')} of the file without a hand-in: {'; '.join(absent)}")
    return Match({row: matches[0][1] for row, matches in sorted(by_row.items()) if len(matches) == 1}, tuple(notes))


def _not_one(several: list[tuple[Person, Graded]]) -> str:
    keys = ", ".join(graded.entry.key for _, graded in several)
    return f"{name(several[0][0])}: several hand-ins ({keys}) for one row; it was not filled"


def finished(matched: Match, choices: Choices, notes: list[str]) -> Iterator[tuple[int, Graded]]:
    """The rows to fill; those without a report, or with a score that may change, are left and added to `notes`."""
    for row, graded in matched.rows.items():
        if graded.report is None or not (is_final(graded) or choices.provisional):
            notes.append(f"{graded.entry.key}: {status(graded)}; left as it was")
            continue
        if not is_final(graded):
            notes.append(f"{graded.entry.key}: {status(graded)}; filled in all the same")
        yield row, graded


def _find(rows: list[GradebookRow], person: Person) -> tuple[str, list[GradebookRow]]:
    """The rows with an id of this person, and the column in which it is."""
    own = {text.strip().casefold() for text in (person.id, person.email)} - {""}
    columns = list(dict.fromkeys(column for row in rows for column in row.ids))
    for column in columns:
        found = [row for row in rows if row.ids.get(column, "").strip().casefold() in own]
        if found:
            return column, found
    return "", []
