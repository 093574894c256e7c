"""A batch in a terminal: a progress bar, a line for each finished hand-in, and the summary."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.batch.run import BatchReporter, Result
from grader.model.verdict import CheckResult
from grader.run.schedule import Reporter
from grader.text import sinks

if TYPE_CHECKING:
    from grader.batch.grade import BatchOutcome

_BETWEEN = 0.1  # seconds between redraws of the bar
_MOST_NAMED = 3  # hand-ins that the bar names
_MOST_LISTED = 30  # hand-ins that the summary lists


class BatchProgress(BatchReporter):
    """A bar on the error console, if that is a terminal, and a line for each result on `out`. A context manager."""

    def __init__(self, out: Console, err: Console, *, quiet: bool) -> None:
        self._out, self._quiet = out, quiet
        self._bar = Progress(
            MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[names]}", markup=False),
            console=err, transient=True, auto_refresh=False, disable=quiet or not err.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None, rate="", names="")
        self._open: dict[str, None] = {}
        self._checks, self._done, self._total = 0, 0, 0
        self._began = self._drawn = time.monotonic()

    def __enter__(self) -> BatchProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the bar."""
        self._bar.stop()

    def begins(self, pending: int, unchanged: int) -> None:  # noqa: ARG002 - the summary counts them
        """Set the total."""
        self._total = pending
        self._began = time.monotonic()
        self._bar.update(self._task, total=pending)

    def opens(self, key: str) -> Reporter:
        """Show the hand-in's name, and count its checks."""
        self._open[key] = None
        self._draw()
        return _Counter(self)

    def checked(self) -> None:
        """Count a finished check."""
        self._checks += 1
        self._draw()

    def page(self, key: str) -> None:
        """Show which page is written."""
        self._open = {f"page of {key}": None}
        self._draw()

    def ends(self, result: Result) -> None:
        """Print the result's line."""
        self._open.pop(result.key, None)
        self._done += 1
        self._bar.update(self._task, completed=self._done)
        if not self._quiet:
            line = f"{self._done:>{len(str(self._total))}}/{self._total}  {result.key}  {_in_words(result)}"
            self._out.print(sinks.terminal(line), markup=False, highlight=False, soft_wrap=True)
        self._draw()

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._drawn < _BETWEEN or self._bar.disable:
            return
        self._drawn = now
        names = list(self._open)
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        self._bar.update(
            self._task,
            rate=f"{self._checks / max(now - self._began, 0.001):.1f} checks/s",
            names=sinks.terminal(", ".join(names[:_MOST_NAMED]) + more),
        )
        self._bar.refresh()


class _Counter(Reporter):
    def __init__(self, progress: BatchProgress) -> None:
        self._progress = progress

    def finished(self, result: CheckResult) -> None:  # noqa: ARG002 - only counted
        """Count the check."""
        self._progress.checked()


def _in_words(result: Result) -> str:
    """A result in a few words."""
    report = result.report
    if report is None:
        return f"not graded: {result.error}"
    parts = [f"{report['score']}/{report['max_score']}"]
    parts += [f"bonus {report['bonus']}/{report['max_bonus']}"] if report["bonus"] else []
    parts += [f"{report['awaiting_review']} points awaiting review"] if report["awaiting_review"] else []
    missing = sum(check["status"] == "error" for task in report["tasks"] for check in task["checks"])
    parts += [f"{missing} verdicts missing"] if missing else []
    return ", ".join(parts)


def render_summary(outcome: BatchOutcome, out: str, console: Console) -> None:
    """Print counts, hand-ins that need a person, and notes."""

    def say(text: str) -> None:
        console.print(sinks.terminal(text), markup=False, highlight=False, soft_wrap=True)

    say(
        f"{outcome.total} hand-ins ({outcome.layout}): {outcome.graded} graded, {outcome.unchanged} unchanged since then"
    )
    for key, why in outcome.needs_a_person[:_MOST_LISTED]:
        say(f"needs a person: {key}: {why}")
    if (more := len(outcome.needs_a_person) - _MOST_LISTED) > 0:
        say(f"needs a person: {more} more; chatgrade export {out} --format csv lists all")
    if outcome.awaiting:
        say(f"{outcome.awaiting} await a review: chatgrade review {out}")
    for note in dict.fromkeys(outcome.notes):
        say(f"note  {note}")
    if outcome.index:
        say(f"pages  {outcome.index}")
