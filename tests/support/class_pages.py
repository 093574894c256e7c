"""The page of a class that a test has made."""

from __future__ import annotations

from grader.reports.html.overview import class_page
from grader.reports.registry import file_name
from grader.results.graded import Class
from grader.results.overview import overview


def page_of(key: str) -> str:
    """Where a hand-in's own page is, as a path."""
    return f"students/{file_name(key)}.html"


def page(class_: Class, *notes: str) -> str:
    """The page of a class."""
    return class_page(overview(class_.graded, class_.check_points, notes), page_of)
