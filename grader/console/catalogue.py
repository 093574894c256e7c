"""The catalogue in a terminal: the list of all checks, and the guide to one."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from grader.console.report import Page
from grader.model.catalogue import Catalogue, Check
from grader.text.prose import GUIDE, paragraphs

_READABLE = 100  # columns; longer lines of prose are hard to read
_RUNS = len("answers")


def render_checks(catalogue: Catalogue, console: Console) -> None:
    """Print every check under its task: id, which programs it runs, points, sentence."""
    page = Page(console)
    longest = max((len(check.id) for check in catalogue), default=0)
    name = min(longest, max(16, page.width // 3))
    for number, task in enumerate(catalogue.tasks):
        if number:
            page.blank()
        points = sum(check.points for check in task.checks)
        heading = f"{task.title} ({points} {'point' if points == 1 else 'points'}{', bonus' if task.bonus else ''})"
        page.entry(Text(), page.text(heading, "bold"), 0)
        for check in task.checks:
            _check_line(page, check, name)


def _check_line(page: Page, check: Check, name: int) -> None:
    middle = f"{check.runs:<{_RUNS}}  {check.points or 'advice':>6}"
    column = name + len(middle) + 4
    head = page.text(check.id)
    if len(check.id) > name:
        page.entry(head, Text(), column)
        head = Text()
    head.append(" " * (name + 2 - len(head)))
    page.entry(head.append_text(page.text(middle)), page.text(check.title), column)


def render_explanation(check: Check, console: Console) -> None:
    """Print the guide to one check: its demand, the reason, usual mistakes, where to read."""
    page = Page(console)
    width = min(page.width, _READABLE)
    page.entry(Text(), page.text(check.title, "bold"), 0, width=width)
    page.blank()
    points = "0 (advice)" if check.advice else str(check.points)
    facts = {"id": check.id, "points": points, "runs": check.runs, "needs": ", ".join(check.needs)}
    for label, fact in facts.items():
        if fact:
            page.entry(page.text(label), page.text(fact), len("points  "), width=width)
    for key, heading in GUIDE.items():
        if check.guide.get(key):
            page.blank()
            page.entry(Text(), Text(heading, "bold"), 0, width=width)
            for paragraph in paragraphs(check.guide[key]):
                lead = "  - " if paragraph.point else "  "
                page.entry(Text(lead), page.text(paragraph.text), len(lead), width=width)
