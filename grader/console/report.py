"""The report as a person reads it in a terminal.

Only `Page` prints here. Text of a program or its author passes through `Page.text`, so it can
neither style the page nor command the terminal, and it never begins a line: text at the left edge is ours. Every
colour comes with a sign or a word of the same meaning.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from grader.model.causes import ExplainedCauses
from grader.model.report import Report, TaskReport
from grader.model.verdict import CheckResult, Event, Failure, Status
from grader.reports.json import summary_of
from grader.text import sinks
from grader.text.prose import GAP, count, reading, shorten
from grader.text.width import breaks, columns

_VALUE = 200  # characters of one value; about three lines of a narrow terminal
_PROSE = 2_000  # characters of a hint or a note, which may quote a program's output
_NAME, _OUTPUT_LINES = 16, 8
_BEFORE, _AFTER, _LAST = 6, 2, 6  # events shown around the marked one, or at the end where none is marked
_INDENT, _USUAL_WIDTH = 4, 80
_LABEL = _INDENT + 11


@dataclass(frozen=True)
class _Signs:
    """The page's own signs, in a form that the terminal's encoding can show."""

    status: dict[Status, str]
    arrows: dict[str, str]
    mark: str
    gap: str


_UNICODE = _Signs(
    dict(zip(Status, "✓✗–?!", strict=True)),  # noqa: RUF001 - the dash is meant
    {"out": "──▶", "in": "◀──", "note": "──·"},
    "←",
    GAP,
)
_ASCII = _Signs(
    {status: status.name for status in Status},
    {"out": "-->", "in": "<--", "note": "--."},
    "<--",
    GAP.replace("…", "..."),
)
_STYLES = dict(zip(Status, ("green", "bold red", "yellow", "magenta", "bold magenta"), strict=True))


class Page:
    """Writes entries of a head, a wrapped body and a right edge on a console; makes foreign text harmless."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.signs = _ASCII if console.options.ascii_only else _UNICODE
        self.width = max(console.width, 40)

    def text(self, data: str, style: str = "", *, other: str = "", limit: int = _PROSE) -> Text:
        """Foreign text in one style, made harmless, and shortened around its difference from `other`."""
        return Text(sinks.terminal(shorten(data, other, limit, self.signs.gap), self._console.encoding), style)

    def cut(self, text: Text, room: int) -> Text:
        """The text, cut to `room` columns."""
        if columns(text.plain) <= room:
            return text
        more = self.signs.gap.split()[0]
        beginning = text.divide(breaks(text.plain, max(room - len(more), 1)))[0]
        beginning.rstrip()
        return beginning.append(more)

    def entry(self, head: Text, body: Text, column: int, *, right: str = "", width: int = 0) -> None:
        """Print `head`, beside it from `column` on the wrapped `body`, and `right` at the end of the first line.

        A head that reaches into the column has the first line to itself.
        """
        width = min(width or self.width, self.width)
        column = min(column, self.width - 20)
        room = max(width - column - (len(right) + 2 if right else 0), 10)
        lines = list(body.divide(breaks(body.plain, room)))
        if head and columns(head.plain.rstrip()) >= column:
            lines.insert(0, Text())
        for number, line in enumerate(lines):
            line.rstrip()
            row = Text().append_text(head if number == 0 else Text())
            if line:
                before = " " * (column - columns(row.plain))
                if sinks.is_workflow_command(row.plain + line.plain):
                    before = f"{before[1:]}\\"  # a job's log obeys indented lines, too
                row.append(before).append_text(line)
            if right and number == 0:
                row.append(right.rjust(width - columns(row.plain)))
            self._console.print(row, soft_wrap=True)

    def row(self, head: Text, body: Text, column: int, *, right: Text, width: int) -> None:
        """Print an entry in one line, with the body cut to the room."""
        column = max(column, columns(head.plain) + 2) if head else column
        room = min(width, self.width) - column - columns(right.plain) - 2
        row = Text.assemble(head, " " * (column - columns(head.plain)), self.cut(body, room))
        row.append(" " * (room + column - columns(row.plain) + 2)).append_text(right)
        self._console.print(row, soft_wrap=True)

    def blank(self) -> None:
        """Print an empty line."""
        self._console.print()


def render(report: Report, console: Console, *, verbose: bool = False, quiet: bool = False) -> None:
    """Print a report: tasks with their checks, under each failure its evidence, at the end the score.

    `quiet` leaves only the first lines of failures and the score; `verbose` adds times and whole transcripts.
    """
    ReportPage(report, Page(console), verbose=verbose, quiet=quiet).print()


class ReportPage:
    """One report on one page, whole or by its parts; remembers which causes it has explained."""

    def __init__(self, report: Report, page: Page, *, verbose: bool = False, quiet: bool = False) -> None:
        self._report, self._page, self._verbose, self._quiet = report, page, verbose, quiet
        self._told = ExplainedCauses()
        self._sign = max(len(text) for text in page.signs.status.values()) + 1
        longest = max((len(check.id) for check in report), default=0)
        self._column = self._sign + min(longest, max(16, page.width // 3)) + 2
        sentence = max((columns(page.text(check.title).plain) for check in report), default=0)
        self._edge = min(page.width, self._column + sentence + len("  advice"))

    def print(self) -> None:
        """Print the whole report."""
        if self._quiet:
            for check in self._report:
                if check.status in (Status.FAIL, Status.ERROR):
                    self.first_line(check)
        else:
            submission = self._report.submission
            graded = (submission.name, *(f"{role}: {file}" for role, file in submission.files.items()))
            self._page.entry(Text("graded"), self._page.text("  ".join(graded)), len("graded  "))
            for task in self._report.tasks:
                self._page.blank()
                self._task(task)
        self._closing()

    def _task(self, task: TaskReport) -> None:
        self.heading(task)
        if task.checks and all(check.absent for check in task.checks):
            self._page.entry(Text(), self._page.text(summary_of(task.checks[0])), _INDENT)
            return
        for check in task.checks:
            self.first_line(check)
            self.details(check)

    def heading(self, task: TaskReport) -> None:
        """Print a task's title and score."""
        self._page.entry(Text(), self._title(task), 0, right=f"{task.score}/{task.max_score}", width=self._edge)

    def _title(self, task: TaskReport) -> Text:
        return self._page.text(f"{task.title} (bonus)" if task.bonus else task.title, "bold")

    def first_line(self, check: CheckResult) -> None:
        """Print a check's sign, id, sentence and points."""
        head, right = self._ends(check)
        self._page.entry(head, self._page.text(check.title), self._column, right=right, width=self._edge)

    def row(self, check: CheckResult, mark: Text) -> None:
        """Print a check in one line, with a mark before the points."""
        head, points = self._ends(check)
        right = Text.assemble(mark, points.rjust(len("advice")))
        self._page.row(head, self._page.text(check.title), self._column, right=right, width=self._row_width(mark))

    def heading_row(self, task: TaskReport, counted: str, mark: Text) -> None:
        """Print a task's title and score in one line, with `counted` between them."""
        right = Text(f"{counted}  {f'{task.score}/{task.max_score}':>{len('advice')}}")
        self._page.row(Text(), self._title(task), 0, right=right, width=self._row_width(mark))

    def _row_width(self, mark: Text) -> int:
        return max(self._edge + len(mark), _USUAL_WIDTH)  # titles of tasks may be longer than those of checks

    def _ends(self, check: CheckResult) -> tuple[Text, str]:
        style = _STYLES[check.status]
        head = Text().append(self._page.signs.status[check.status].ljust(self._sign), style)
        head.append_text(self._page.text(check.id, style if check.status is Status.FAIL else ""))
        earned = "?" if check.status is Status.REVIEW else check.earned
        return head, f"{earned}/{check.points}" if check.points else "advice" if check.wanted else "needed"

    def details(self, check: CheckResult) -> None:
        """Print a check's evidence and notes."""
        if check.status is Status.FAIL:
            self._failure(check, check.failure or Failure(check.summary, "", ""))
        elif check.status is Status.REVIEW and check.failure:
            self._review(check, check.failure)
            return
        elif check.status is not Status.PASS:
            self._page.entry(Text(), self._page.text(summary_of(check)), _INDENT)
        if self._verbose or check.status is not Status.PASS:
            for note in check.notes:
                self._detail("note", self._page.text(note))
        if self._verbose and check.status is not Status.SKIP:
            self._detail("took", Text(f"{check.seconds:.3f} s"))
            if check.status is not Status.FAIL:
                self._timeline(check.transcript, None)

    def _failure(self, check: CheckResult, failure: Failure) -> None:
        expected, observed = failure.expected, failure.observed
        self._detail("expected", self._page.text(expected, other=observed, limit=_VALUE))
        self._detail("seen", self._page.text(observed or failure.summary, other=expected, limit=_VALUE))
        above = self._told.above(check.id, failure.hint, failure.where, check.program_output)
        if above:
            self._detail("likely", self._page.text(f"as above ({above})"))
            return
        section = reading(self._report.guides.get(check.id, {}).get("codelab", ""))
        hint = f"{failure.hint.removesuffix('.')} ({section})" if failure.hint and section else failure.hint
        self._detail("likely", self._page.text(hint))
        if not hint:
            self._detail("read", self._page.text(section))
        if failure.where:
            self._detail("where", self._page.text(f"{failure.where.file}, line {failure.where.line}"))
        self._timeline(check.transcript, failure.event)
        self._output(check.program_output)

    def _review(self, check: CheckResult, evidence: Failure) -> None:
        """Print the answer that a person judges, and the function that it is about."""
        self._detail("answer", self._page.text(evidence.observed))
        for note in check.notes:
            for number, line in enumerate(note.splitlines()):
                self._detail("" if number else "about", self._page.text(line or " "))

    def _detail(self, label: str, body: Text) -> None:
        if body:
            self._page.entry(Text(" " * _INDENT).append(label, "bold"), body, _LABEL)

    def _timeline(self, events: tuple[Event, ...], place: int | None) -> None:
        place = next((number for number, event in enumerate(events) if event.mark), place)
        first, last = (0, len(events)) if self._verbose else _window(len(events), place)
        names = [self._page.text(event.who, limit=_NAME * 4) for event in events[first:last]]
        widest = min(max((columns(name.plain) for name in names), default=0), _NAME)
        column = _INDENT + len("123456.7 ms  ") + widest + len("  --> ")
        sent = max((event.data for event in events[:place] if event.dir == "out"), key=len, default="")
        self._left_out(first, "earlier", column)
        for event, name in zip(events[first:last], names, strict=True):
            name = name.divide(breaks(name.plain, widest))[0]
            name.rstrip()
            head = Text(f"{'':{_INDENT}}{event.t * 1000:8.1f} ms  ").append_text(name)
            head.append(f"{'':{widest - columns(name.plain)}}  {self._page.signs.arrows.get(event.dir, '---')} ")
            other = sent if event.mark else ""
            body = self._page.text(event.data, other=other, limit=max(self._page.width - column, 60))
            if event.mark:
                body.append(f"   {self._page.signs.mark} ", "bold red")
                body.append_text(self._page.text(event.mark, "bold red"))
            self._page.entry(head, body, column)
        self._left_out(len(events) - last, "later", column)

    def _left_out(self, number: int, which: str, column: int) -> None:
        if number:
            self._page.entry(Text(), Text(f"({count(number, f'{which} event')} left out)", "italic"), column)

    def _output(self, output: str) -> None:
        lines = [line for line in map(str.rstrip, output.split("\n")) if line]
        hidden = max(len(lines) - _OUTPUT_LINES, 0)
        shown = [Text(f"({count(hidden, 'more line')} above)", "italic")] if hidden else []
        shown += [self._page.text(line, limit=_VALUE) for line in lines[hidden:]]
        for number, line in enumerate(shown):
            self._detail("" if number else "printed", line)

    def notes(self) -> None:
        """Print the notes on the submission and the run."""
        for note in dict.fromkeys((*self._report.submission.notes, *self._report.notes)):
            self._page.entry(Text("note"), self._page.text(note), len("note  "))

    def _closing(self) -> None:
        run = self._report.run
        if not self._quiet:
            self._page.blank()
            self.notes()
        self._page.entry(Text(), score_of(self._report), 0)
        if not self._quiet:
            how = f"{run.seconds:.1f} s, seed {run.seed}, isolation {run.isolation}"
            self._page.entry(Text(), self._page.text(how), 0)


def score_of(report: Report) -> Text:
    """The points that count, the bonus points, and those that await a review."""
    score = Text(f"Score {report.score}/{report.max_score}", "bold")
    if report.max_bonus:
        score.append(f", bonus {report.bonus}/{report.max_bonus}")
    if report.awaiting_review:
        score.append(f", {count(report.awaiting_review, 'point')} awaiting review")
    return score


def _window(total: int, place: int | None) -> tuple[int, int]:
    """Slice of `total` events to show: those around `place`, or the last."""
    if place is None or not 0 <= place < total:
        return max(total - _LAST, 0), total
    return max(place - _BEFORE, 0), min(place + _AFTER + 1, total)
