"""Canvas: its exported grade book with one assignment's column filled in.

Canvas creates a new assignment for an unknown column title, so only cells of the chosen column are changed.
The layout is that of canvas-lms, lib/gradebook_exporter.rb and lib/gradebook_importer.rb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from grader.model.errors import UsageError
from grader.reports.format import Format
from grader.reports.gradebook.matching import GradebookRow, finished, match
from grader.reports.gradebook.table import Table
from grader.results.graded import Class
from grader.results.standing import Choices, number, points, scaled

_IDS = ("ID", "SIS Login ID", "SIS User ID", "Integration ID")
_STUDENT = {"Student", "LastName", "FirstName", "Root Account", "Section", *_IDS}
_TOTAL = re.compile(r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
_WITH_ID = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)", re.DOTALL)
_DECIDED = ("EX", "N/A")  # excused; not assigned to this student


def fill(class_: Class, book: bytes, choices: Choices) -> tuple[bytes, list[str]]:
    """Fill in the grades; return the new file, and notes on students not found or not filled in."""
    table = Table(book)
    header = table.row(0) if len(table) else []
    if "ID" not in header or not header[0].endswith(("Student", "LastName")):
        raise UsageError(
            "the file to fill in is no grade book of Canvas: its first line does not begin with Student and ID."
        )
    possible = next((row for row in range(1, len(table)) if "Points Possible" in table.cell(row, 0)), 0)
    column = _column(table, header, possible, choices.column)
    maximum, decimal_sign = _amount(table.cell(possible, column) if possible else "")
    matched = match(_rows(table, header, possible), class_)
    notes = list(matched.notes)
    for row, graded in finished(matched, choices, notes):
        if not table.reaches(row, column):
            notes.append(f"{graded.entry.key}: its line ends before the column; left as it was")
        elif table.cell(row, column).strip() in _DECIDED:
            notes.append(f"{graded.entry.key}: the grade book says {table.cell(row, column).strip()}; left as it was")
        elif maximum and graded.max_score and maximum != graded.max_score:
            grade = scaled(points(graded, choices), graded.max_score, maximum)
            table.put(row, column, number(grade, decimal_sign))
            notes.append(f"{graded.entry.key}: scaled from {graded.max_score} points to {number(maximum)}")
        else:
            table.put(row, column, str(points(graded, choices)))
    return bytes(table), notes


def _rows(table: Table, header: list[str], possible: int) -> Iterator[GradebookRow]:
    names = header.index("ID")  # names take one column or two, before the ID
    for row in range(1, len(table)):
        ids = _ids(table, header, row)
        if row != possible and any(ids.values()):
            yield GradebookRow(row, ", ".join(table.row(row)[:names]), ids)


def _ids(table: Table, header: list[str], row: int) -> dict[str, str]:
    return {name: table.cell(row, header.index(name)) for name in _IDS if name in header}


def _column(table: Table, header: list[str], possible: int, wanted: str) -> int:
    """The assignment's column, by title or id, or the only one. Raises UsageError if it is not clear which."""
    columns = {
        place: title
        for place, title in enumerate(header)
        if title not in _STUDENT and not _TOTAL.search(title) and "read only" not in table.cell(possible, place)
    }
    if wanted:
        matching = [place for place, title in columns.items() if wanted in _names(title)]
    else:
        matching = [place for place, title in columns.items() if _WITH_ID.fullmatch(title)]
    if len(matching) == 1:
        return matching[0]
    titles = ", ".join(columns[place] for place in matching or columns) or "none"
    if not wanted:
        raise UsageError(f"name the assignment of Canvas to fill in, by its title or id; there are: {titles}.")
    if matching:
        raise UsageError(f"several assignments of Canvas are called {wanted}; name one by its id: {titles}.")
    raise UsageError(f"there is no assignment of Canvas called {wanted}; there are: {titles}.")


def _names(title: str) -> set[str]:
    parts = _WITH_ID.fullmatch(title)
    return {title, title.strip(), *((parts["title"], parts["id"]) if parts else ())}


def _amount(text: str) -> tuple[Fraction, str]:
    """The points possible (0 where there are none) and the file's decimal sign."""
    match_ = re.fullmatch(r"\s*(\d+)(?:([.,])(\d+))?\s*", text)
    if not match_:
        return Fraction(0), "."
    return Fraction(f"{match_[1]}.{match_[3] or 0}"), match_[2] or "."


FORMAT = Format("canvas", "the grade book exported from Canvas, one column filled in", "canvas.csv", filled=fill)
