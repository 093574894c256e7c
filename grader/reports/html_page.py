"""The student's page: of a single run, and of each hand-in for its students.

The page of a hand-in is the same as in the results, without the link to the class. It is made in `grader.reports.html`, which
loads jinja2 and Pygments, so it is imported only on use.
"""

from __future__ import annotations

from grader.model.report import Report
from grader.reports.format import Format
from grader.results.graded import Graded
from grader.results.standing import Choices


def of_report(report: Report) -> str:
    """Make the page of a single run."""
    from grader.reports.html.student import html

    return html(report)


def of_submission(graded: Graded, choices: Choices) -> str:
    """Make the page of one hand-in."""
    from grader.reports.html.student import student_page

    return student_page(graded, choices.guides)


FORMAT = Format(
    "html", "a page for the student", "report.html", of_report=of_report, of_submission=of_submission, place=3
)
