"""Moodle: its offline grading worksheet with Grade and feedback filled in, in any language of the site.

Moodle reads the file back by its headers and counts on the number after `Participant` (mod/assign/feedback/offline), so
both stay as they are. Where the headers are not known, the order of the columns tells (mod/assign/gradingtable.php): the
grade stands before its maximum, the feedback after the time of the last change.
"""

from __future__ import annotations

import re
from fractions import Fraction

from grader.model.errors import UsageError
from grader.reports.format import Format
from grader.reports.gradebook.matching import GradebookRow, finished, match
from grader.reports.gradebook.table import Table
from grader.results.graded import Class, Graded
from grader.results.standing import Choices, evidence, number, points, scaled, verdict, worth
from grader.text import sinks

_MAXIMUM = {  # get_string('maxgrade', 'assign')
    *("maximum grade", "bestwertung", "bestbewertung", "note maximale", "calificación máxima", "valutazione massima"),
    *("nota máxima", "qualificació màxima", "cualificación máxima", "maximumcijfer", "maximalt betyg", "最高成绩"),
}
_SCALE = {"scale", "skala", "barème", "escala", "scala", "schaal", "шкала"}  # get_string('scale', 'assign')
_FEEDBACK = {  # get_string('pluginname', 'assignfeedback_comments')
    *("feedback comments", "feedback als kommentar", "feedback par commentaires", "comentarios de retroalimentación"),
    *("commenti", "フィードバックコメント", "отзыв в виде комментария", "تعليقات الإفادة"),
}
_AMOUNT = re.compile(r"(?P<whole>\d+)(?:(?P<sign>[.,\u066b])(?P<rest>\d+))?")
_OURS = "<p>chatgrade: "  # how feedback of an earlier export begins


def fill(class_: Class, worksheet: bytes, choices: Choices) -> tuple[bytes, list[str]]:
    """Fill in grades and feedback; return the new file, and notes on students not found or not filled in."""
    table = Table(worksheet)
    header = [title.strip().casefold() for title in table.row(0)] if len(table) else []
    participants = _participants(table)
    if len(header) < 4 or not participants:
        raise UsageError("the file to fill in is no grading worksheet of Moodle: no line begins with a participant.")
    column = _grade_column(table, header, list(participants), choices.column)
    feedback = _feedback_column(header, column)
    rows = [_row(table, row, participant, column) for row, participant in participants.items()]
    matched = match(rows, class_)
    notes = list(matched.notes)
    if feedback is None:
        notes.append("the worksheet has no column for feedback; only grades were filled in")
    for row, graded in finished(matched, choices, notes):
        maximum = _AMOUNT.fullmatch(table.cell(row, column + 1).strip())
        if not maximum or not graded.max_score:
            notes.append(f"{graded.entry.key}: has no maximum grade to go by; left as it was")
            continue
        table.put(row, column, _grade(graded, maximum, choices, notes))
        if feedback is not None and table.reaches(row, feedback):
            _put_feedback(table, row, feedback, graded, choices, notes)
    return bytes(table), notes


def _participants(table: Table) -> dict[int, str]:
    """Row number -> participant's number, for rows that have one."""
    found = ((row, re.findall(r"\d+$", table.cell(row, 0))) for row in range(1, len(table)))
    return {row: numbers[0] for row, numbers in found if numbers}


def _row(table: Table, row: int, participant: str, grade_column: int) -> GradebookRow:
    """A student's row; between name and grade Moodle may show ID number, login and e-mail address."""
    others = [table.cell(row, place).strip() for place in range(2, grade_column)]
    address = next((text for text in others if re.fullmatch(r"[^\s@]+@[^\s@]+", text)), "")
    return GradebookRow(
        row, table.cell(row, 1) or table.cell(row, 0), {"participant number": participant, "e-mail address": address}
    )


def _grade_column(table: Table, header: list[str], rows: list[int], wanted: str) -> int:
    """The column of grades. Raises UsageError if it is not clear which."""
    found = _grade_columns(table, header, rows, wanted)
    if len(found) == 1 and found[0] > 0:
        return found[0]
    if not found and _SCALE.intersection(header):
        raise UsageError(
            "this assignment of Moodle is graded by a scale, and points cannot be told as one of its words."
        )
    titles = ", ".join(table.row(0))
    raise UsageError(
        f"name the column of grades by its title, with a maximum to its right; the worksheet has: {titles}."
    )


def _grade_columns(table: Table, header: list[str], rows: list[int], wanted: str) -> list[int]:
    """Candidates for the column of grades: those with the `wanted` title, else those before a maximum."""
    if wanted:
        return [place for place, title in enumerate(header) if title == wanted.strip().casefold()]
    titled = [place - 1 for place, title in enumerate(header) if title in _MAXIMUM]
    return titled or [place for place in range(2, len(header) - 1) if _looks_like_grades(table, place, rows)]


def _looks_like_grades(table: Table, place: int, rows: list[int]) -> bool:
    """Whether a column is empty or holds numbers, and the next column the same number in all rows."""
    maxima = {table.cell(row, place + 1).strip() for row in rows}
    grades = {table.cell(row, place).strip() for row in rows} - {"", "-"}
    return len(maxima) == 1 and all(map(_AMOUNT.fullmatch, maxima | grades))


def _feedback_column(header: list[str], grade_column: int) -> int | None:
    """The column of feedback: with a known title, else after `Last modified (grade)`, which ends in a bracket."""
    found = [place for place, title in enumerate(header) if title in _FEEDBACK and place > grade_column]
    if found:
        return found[-1]
    stamps = [place for place, title in enumerate(header) if title.endswith((")", "）")) and place > grade_column]  # noqa: RUF001
    after = stamps[-1] + 1 if stamps else len(header)
    return after if after < len(header) else None


def _grade(graded: Graded, maximum: re.Match[str], choices: Choices, notes: list[str]) -> str:
    full = Fraction(f"{maximum['whole']}.{maximum['rest'] or 0}")
    grade = scaled(points(graded, choices), graded.max_score, full)
    if full != graded.max_score:
        notes.append(f"{graded.entry.key}: scaled from {graded.max_score} points to {number(full)}")
    if grade > full:  # Moodle would skip the line
        notes.append(f"{graded.entry.key}: {number(grade)} is more than the maximum grade, which was written")
    return number(min(grade, full), maximum["sign"] or ".")


def _put_feedback(table: Table, row: int, column: int, graded: Graded, choices: Choices, notes: list[str]) -> None:
    present = table.cell(row, column)
    if present and not present.startswith(_OURS):
        notes.append(f"{graded.entry.key}: somebody's feedback stands there already, and was kept")
    else:
        table.put(row, column, _feedback(graded, choices))


def _feedback(graded: Graded, choices: Choices) -> str:
    """The result as a line of HTML, for Moodle's editor; no spreadsheet reads it as a formula."""
    parts = [f"{_OURS}{_html('. '.join(verdict(graded, choices)))}.</p>", "<ul>"]
    for check in graded.checks():
        if check["status"] != "pass":
            lines = [f"{check['id']} ({worth(check)}, {check['status']}): {check['title']}"]
            lines += [f"{label}: {text}" for label, text in evidence(check)]
            parts.append(f"<li>{'<br>'.join(map(_html, lines))}</li>")
    html = "".join([*parts, "</ul>"] if len(parts) > 2 else parts[:1])
    return str(sinks.csv(html))


def _html(text: str) -> str:
    """Text in one line of HTML. Elements isolate its direction: the sink for cells would spell out the control characters."""
    return "<br>".join(sinks.html(text).replace("\u2068", "<bdi>").replace("\u2069", "</bdi>").split("\n"))


FORMAT = Format("moodle", "the grading worksheet of Moodle, filled in", "moodle.csv", filled=fill)
