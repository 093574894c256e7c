"""The class as a table of Markdown, for people."""

from __future__ import annotations

from grader.reports.format import Format
from grader.results.graded import Class
from grader.results.standing import Choices, max_bonus, name, status, students
from grader.text import sinks


def as_markdown(class_: Class, _: Choices) -> str:
    """A table with one row a student."""
    lines = ["| Student | Submission | Score | Bonus | Status |", "| --- | --- | ---: | ---: | --- |"]
    for person, graded in students(class_):
        score = f"{graded.score}/{graded.max_score}" if graded.report else ""
        bonus = f"{graded.bonus}/{max_bonus(graded)}" if max_bonus(graded) else ""
        cells = (name(person), graded.entry.key, score, bonus, status(graded))
        lines.append(f"| {' | '.join(map(sinks.markdown, cells))} |")
    return "\n".join(lines) + "\n"


FORMAT = Format("markdown", "a table with one row a student", "grades.md", of_class=as_markdown)
