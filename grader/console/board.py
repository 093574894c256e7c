"""The verdicts on a watched submission as lines of a screen: a table of checks, the score, and explanations of failures.

They fit any size. Where not every check has room, passed checks are only counted beside their task; where not every
explanation has, the first one comes whole before the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from rich.console import Console
from rich.text import Text

from grader.console.report import Page, ReportPage, score_of
from grader.model.report import TaskReport
from grader.model.verdict import CheckResult, Status
from grader.text.width import columns
from grader.watch.watch import Mark, WatchTurn

_STYLES = {Mark.FIXED: "bold green", Mark.BROKEN: "bold red", Mark.STILL: "dim"}
_MARK = max(len(mark.value) for mark in Mark) + 2
_NO_MARK = Text(" " * _MARK)
_FEWEST = 3  # checks with a line even beside a long explanation
_BEGINNING = 6  # fewest lines of an explanation to show without the rest


def lines(turn: WatchTurn, console: Console, room: int, *, quiet: bool = False) -> list[str]:
    """At most `room` lines, ready to be written; `quiet` leaves out the explanations."""
    page = ReportPage(turn.report, Page(console))
    checks = {check.id: check for check in turn.report}
    explanations = [drawn(console, partial(_explain, page, checks[check_id])) for check_id in turn.failing if not quiet]
    first = len(explanations[0]) if explanations else 0
    table = _table(turn, console, page, room - 1 - first)
    below, begun = _fitting(explanations, room - 1 - len(table))
    notes = drawn(console, page.notes)
    if len(table) + 1 + len(below) + len(notes) <= room:
        below += notes
    rule = _rule(turn, console, len(explanations) - begun)
    return [*table, *drawn(console, lambda: console.print(rule, soft_wrap=True)), *below][:room]


def mark(turn: WatchTurn, check: CheckResult) -> Text:
    """A column that compares a verdict with the previous one."""
    change = turn.marks.get(check.id)
    return Text(f"{change.value:{_MARK}}", _STYLES[change]) if change else _NO_MARK


def news(turn: WatchTurn) -> str:
    """The news in a few words."""
    marks = list(turn.marks.values())
    changes = [f"{marks.count(change)} {change.value}" for change in (Mark.FIXED, Mark.BROKEN) if change in marks]
    if not changes and turn.fresh:
        return f"{len(turn.fresh)} failing" + (" for another reason" if marks else "")
    return ", ".join(changes) or "nothing new"


def drawn(console: Console, draw: Callable[[], None]) -> list[str]:
    """The styled lines that `draw` prints on a console."""
    with console.capture() as captured:
        draw()
    return captured.get().split("\n")[:-1]


def _explain(page: ReportPage, check: CheckResult) -> None:
    page.first_line(check)
    page.details(check)


def _table(turn: WatchTurn, console: Console, page: ReportPage, room: int) -> list[str]:
    """All checks under their tasks; where they do not fit, only failed and fixed ones, or the first of these."""
    fixed = [check_id for check_id, mark in turn.marks.items() if mark is Mark.FIXED]
    notable = list(dict.fromkeys([*turn.fresh, *fixed, *turn.failing]))
    for shown in ([check.id for check in turn.report], notable):
        table = drawn(console, partial(_print_table, turn, page, shown))
        if len(table) <= room:
            return table
    rows = max(room - 1 - len(turn.report.tasks), _FEWEST)
    if rows >= len(notable):
        return table
    return [*drawn(console, partial(_print_table, turn, page, notable[:rows])), f"  and {len(notable) - rows} more"]


def _print_table(turn: WatchTurn, page: ReportPage, shown: Collection[str]) -> None:
    for task in turn.report.tasks:
        page.heading_row(task, _counted(task), _NO_MARK)
        for check in task.checks:
            if check.id in shown and not check.absent:
                page.row(check, mark(turn, check))


def _counted(task: TaskReport) -> str:
    if all(check.absent for check in task.checks):
        return "not handed in"
    passed, skipped = (sum(check.status is status for check in task.checks) for status in (Status.PASS, Status.SKIP))
    return f"{passed} of {len(task.checks)} passed{f', {skipped} skipped' if skipped else ''}"


def _fitting(explanations: list[list[str]], room: int) -> tuple[list[str], int]:
    """The lines of explanations that fit, and the number of explanations that are at least begun."""
    fitting: list[str] = []
    for number, lines in enumerate(explanations):
        left = room - len(fitting)
        if len(lines) > left:
            if left < _BEGINNING and number:
                return fitting, number
            return [*fitting, *lines[: max(left - 1, 0)], f"    ({len(lines) - left + 1} more lines)"], number + 1
        fitting += lines
    return fitting, len(explanations)


def _rule(turn: WatchTurn, console: Console, hidden: int) -> Text:
    """A line with the score, and the number of failures without an explanation below it."""
    line = "-" if console.options.ascii_only else "\u2500"
    score = score_of(turn.report)
    more = f" {hidden} more: chatgrade all " if hidden > 0 else ""
    gap = max(console.width - columns(score.plain) - columns(more) - 6, 0)
    return Text.assemble(line * 2, " ", score, " ", line * gap, more, line)
