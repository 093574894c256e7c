"""The page of each hand-in, to be sent to its students: the same as in the results, without the way to the class."""

from __future__ import annotations

from grader.results.graded import Graded
from grader.results.standing import Choices


def page(graded: Graded, choices: Choices) -> str:
    """Make the page of one hand-in."""
    from grader.reports.html.student import student_page  # jinja2 and Pygments, for which other exports need not wait

    return student_page(graded, choices.guides)
