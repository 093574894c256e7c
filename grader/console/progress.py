"""A run's progress, on one line of a terminal that is erased before the report.

No thread redraws it: it changes when a check starts or ends, and only then.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from grader.model.verdict import CheckResult
from grader.run.schedule import Reporter

_ERASE = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))


class Progress(Reporter):
    """Shows `12/37 checks  task1.concurrent …` while checks run; silent where the console is no terminal."""

    def __init__(self, console: Console, total: int = 0) -> None:
        self._console, self._total, self._done = console, total, 0
        self._running: dict[str, None] = {}  # in the order of their start: the first has run longest
        self._shows = console.is_terminal and not console.is_dumb_terminal

    def __enter__(self) -> Progress:
        """Show that nothing has run yet."""
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Erase the line."""
        if self._shows:
            self._console.control(_ERASE)

    def expect(self, total: int) -> None:
        """Set the total."""
        self._total = total
        self._draw()

    def started(self, check_id: str) -> None:
        """Show a check that a worker has begun."""
        self._running[check_id] = None
        self._draw()

    def finished(self, result: CheckResult) -> None:
        """Count a check with a verdict, even a skipped one that never started."""
        self._running.pop(result.id, None)
        self._done += 1
        self._draw()

    def _draw(self) -> None:
        if not self._shows or not self._total:
            return
        line = Text(f"{self._done}/{self._total} checks")
        if self._running:
            line.append(f"  {next(iter(self._running))} {'...' if self._console.options.ascii_only else '…'}")
        line.truncate(max(self._console.width - 1, 1), overflow="crop")  # a full line would wrap, and stay
        self._console.control(_ERASE)
        self._console.print(line, end="", soft_wrap=True)
