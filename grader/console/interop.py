"""Interop in a terminal: a progress bar, the matrix where it fits, and the reasons why pairs fail."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.batch.interop.pairs import InteropListener
from grader.model.codelab import Pairing
from grader.reports import blame
from grader.results.blame import Attribution, Pair
from grader.results.matrix import Interop, Matrix, Met
from grader.text import sinks
from grader.text.width import columns

_BETWEEN = 0.1  # seconds between redraws of the bar
_WORTH_TELLING = 60  # seconds; shorter expectations are not printed
_MOST_LISTED, _LONGEST_NAME, _CELL = 20, 24, 3
_LEGEND = (
    "+ works; C, S: it is the client's (row) or the server's fault (column); T: fails only together; lower case: they "
    "chat, and leaving goes wrong; ?: not known whose fault; !: no result"
)


class InteropProgress(InteropListener):
    """A bar on the error console, if that is a terminal. A context manager."""

    def __init__(self, err: Console, *, quiet: bool) -> None:
        self._err, self._quiet = err, quiet
        self._bar = Progress(
            MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.fields[pair]}", markup=False),
            console=err, transient=True, auto_refresh=False, disable=quiet or not err.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=None, pair="")
        self._total, self._drawn = 0, 0.0

    def __enter__(self) -> InteropProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the bar."""
        self._bar.stop()

    def begins(self, pairs: int) -> None:
        """Set the total."""
        self._total = pairs
        self._bar.update(self._task, total=pairs)

    def drops(self, pairs: int) -> None:
        """Lower the total."""
        self.begins(self._total - pairs)

    def expects(self, seconds: float) -> None:
        """Print the expected time, if it is long."""
        if seconds > _WORTH_TELLING and not self._quiet:
            minutes = f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
            self._err.print(f"the rest will take about {minutes}; what is done is kept", highlight=False)

    def ends(self, pairing: Pairing, pair: Pair, met: Met) -> None:  # noqa: ARG002 - the matrix shows the result
        """Count the pair."""
        self._bar.advance(self._task)
        if time.monotonic() - self._drawn > _BETWEEN:
            self._drawn = time.monotonic()
            self._bar.update(self._task, pair=sinks.terminal(" - ".join(key or "reference" for key in pair)))
            self._bar.refresh()


def render_summary(interop: Interop, files: list[Path], console: Console) -> None:
    """Print for each pairing the matrix, if it fits, and the reasons why pairs fail."""

    def say(text: str = "") -> None:
        console.print(sinks.terminal(text), markup=False, highlight=False, soft_wrap=True)

    say(f"{interop.run} pairs were run, {interop.known} were known")
    legend = False
    for matrix in interop.matrices:
        say()
        say(f"{matrix.title}: {blame.numbers(matrix)}")
        lines = _drawn(matrix)
        if max(map(columns, lines)) < console.width:
            legend = True
            for line in lines:
                say(line)
        for cause in matrix.causes[:_MOST_LISTED]:
            say(f"  {blame.subject(cause, interop)}: {blame.problem(cause, matrix)}. {_why(cause, matrix)}")
        if (more := len(matrix.causes) - _MOST_LISTED) > 0:
            say(f"  and {more} more")
    if legend:
        say()
        say(_LEGEND)
    for error in interop.missing[:_MOST_LISTED]:
        say(f"no result: {error}")
    for note in dict.fromkeys(interop.notes):
        say(f"note  {note}")
    say("see " + " and ".join(map(str, files)))


def _why(cause: Attribution, matrix: Matrix) -> str:
    trouble = blame.trouble(cause, matrix)
    seen = f" Seen: {trouble.observed}." if trouble else ""
    likely = f" Likely: {trouble.hint}." if trouble and trouble.hint else ""
    return f"{blame.evidence(cause, matrix)}{seen}{likely}"


def _drawn(matrix: Matrix) -> list[str]:
    """The matrix in letters; the numbers over the columns are those of the rows."""
    keys = list(dict.fromkeys((*matrix.clients, *matrix.servers)))
    width = min(max(columns(key or "reference") for key in keys), _LONGEST_NAME)
    numbers = {key: str(number) for number, key in enumerate(keys)}

    def row(number: str, name: str, cells: list[str]) -> str:
        name = sinks.terminal(name)
        while columns(name) > width:
            name = name[:-1]
        return f"  {number:>3} {name}{' ' * (width - columns(name))} " + "".join(
            f"{cell:>{_CELL + 1}}" for cell in cells
        )

    head = row("", "", [numbers[server] for server in matrix.servers])
    rows = [
        row(numbers[key], key or "reference", [_cell(Pair(key, server), matrix) for server in matrix.servers])
        for key in matrix.clients
    ]
    server_rows = [row(numbers[key], key, []).rstrip() + "  (server only)" for key in keys if key not in matrix.clients]
    return [head, *rows, *server_rows]


def _cell(pair: Pair, matrix: Matrix) -> str:
    if pair not in matrix.met:
        return ""
    letters = blame.sign(pair, matrix)
    return letters.lower() if matrix.chats(pair) else letters
