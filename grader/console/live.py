"""The output of `chatgrade watch`: a screen on which only changed lines are redrawn, or a log where there is no terminal."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from grader.console.board import drawn, lines, mark, news
from grader.console.report import Page, ReportPage, score_of
from grader.model.verdict import CheckResult, Status
from grader.text.width import columns
from grader.watch.watch import Mark, Viewer, WatchTurn

_ERASE_LINE = Control((ControlType.ERASE_IN_LINE, 2))
_GOES_ON = "The next save is checked again."
# Terminals differ in the widths of characters: a line that is wider than expected must not wrap.
_NO_WRAPPING, _WRAPPING = "\x1b[?7l", "\x1b[?7h"


@contextlib.contextmanager
def viewer(console: Console, path: Path, seed: int, *, quiet: bool = False) -> Iterator[Viewer]:
    """A viewer for this console, and at the end the last score; `quiet`: no explanations."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield Log(console, str(path), seed, quiet=quiet)
        return
    screen = LiveScreen(console, path.absolute().name, quiet=quiet)
    try:
        with _keys_ignored(), console.screen(), screen:
            yield screen
    finally:
        if screen.turn:
            console.print(score_of(screen.turn.report).append(f", seed {seed}"), soft_wrap=True)


@contextlib.contextmanager
def _keys_ignored() -> Iterator[None]:
    """Discard typed keys within the block. Ctrl-C stays a signal; Ctrl-Z is disabled, as it would leave half a screen."""
    if not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before, mode = termios.tcgetattr(terminal), termios.tcgetattr(terminal)
    mode[3] &= ~(termios.ECHO | termios.ICANON)
    mode[6][termios.VSUSP] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
    termios.tcsetattr(terminal, termios.TCSADRAIN, mode)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


class Log(Viewer):
    """Prints only news."""

    def __init__(self, console: Console, name: str, seed: int, *, quiet: bool = False) -> None:
        self._page, self._quiet = Page(console), quiet
        self._page.entry(Text(), self._page.text(f"watching {name}, seed {seed}; Ctrl-C ends it"), 0)
        self._reason = "it was not graded yet"

    def graded(self, turn: WatchTurn) -> None:
        """Print the score and a line for each new verdict, with the evidence of failures."""
        if not (turn.is_news or self._reason):
            return
        self._reason = ""
        report = ReportPage(turn.report, self._page)
        self._page.blank()
        self._page.entry(Text(_now()), Text(f"{score_of(turn.report)}, {news(turn)}"), len("00:00:00  "))
        for check in turn.report:
            if check.id in turn.fresh or turn.marks.get(check.id) is Mark.FIXED:
                report.row(check, mark(turn, check))
                if not self._quiet:
                    report.details(check)

    def refused(self, reason: str) -> None:
        """Print why there are no verdicts."""
        if reason != self._reason:
            self._page.blank()
            self._page.entry(Text(_now()), self._page.text(reason), len("00:00:00  "))
        self._reason = reason


class LiveScreen(Viewer):
    """Draws a screen: a line with the state, the table of checks, and explanations of failures."""

    def __init__(self, console: Console, name: str, *, quiet: bool = False) -> None:
        self.turn: WatchTurn | None = None
        self._console, self._name, self._quiet = console, name, quiet
        self._state, self._reason = "the checks begin", ""
        self._total = self._done = self._failed = 0
        self._size = (0, 0)
        self._body: list[str] | None = None  # all lines but the first; None: to be made
        self._shown: list[str] = []  # lines on the screen now
        self._drawing = self._stale = False

    def __enter__(self) -> LiveScreen:
        """Begin to draw, also after each resize."""
        self._before = signal.signal(signal.SIGWINCH, lambda *_: self._draw())
        self._console.file.write(_NO_WRAPPING)
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        signal.signal(signal.SIGWINCH, self._before)
        self._console.file.write(_WRAPPING)

    def saved(self, name: str) -> None:
        """Show the name of the saved file."""
        self._state = f"{Path(name).name} saved, checking" if name else "checking"
        self._total = self._done = self._failed = 0
        self._draw()

    def expect(self, total: int) -> None:
        """Set the total."""
        self._total = total
        self._draw()

    def finished(self, result: CheckResult) -> None:
        """Count the check."""
        self._done += 1
        self._failed += result.status is Status.FAIL
        self._draw()

    def graded(self, turn: WatchTurn) -> None:
        """Show the verdicts."""
        self.turn, self._reason = turn, ""
        self._set_state(f"checked at {_now()}: {news(turn)}")

    def refused(self, reason: str) -> None:
        """Show the reason why there are no verdicts."""
        self._reason = reason
        self._set_state(f"not checked at {_now()}")

    def _set_state(self, state: str) -> None:
        self._state, self._total, self._body = state, 0, None
        self._draw()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Update the screen; if a signal calls this during an update, another update follows."""
        self._stale = True
        while self._stale and not self._drawing:
            self._stale, self._drawing = False, True
            try:
                self._draw_changes()
            finally:
                self._drawing = False

    def _draw_changes(self) -> None:
        width, height = size = self._console.size
        if size != self._size:
            self._size, self._body, self._shown = size, None, []
            self._console.file.write(str(Control.clear()))
        if self._body is None:
            self._body = self._below(height - 1)
        frame = [self._head(width), *self._body[: height - 1]]
        frame += [""] * (height - len(frame))
        for row, line in reversed(list(enumerate(frame))):  # the state comes last, when the rest is drawn
            if self._shown[row : row + 1] != [line]:
                self._console.file.write(f"{Control.move_to(0, row)}{_ERASE_LINE}{line}")
        self._console.file.flush()
        self._shown = frame

    def _head(self, width: int) -> str:
        """The first line: the submission's name and the state."""
        page = Page(self._console)
        count = f" {self._done}/{self._total}" + (f", {self._failed} failed" if self._failed else "")
        state = page.text(self._state + (count if self._total else ""))
        name = page.cut(page.text(self._name), width - columns(state.plain) - 3)
        gap = max(width - columns(name.plain) - columns(state.plain) - 2, 1)
        head = Text.assemble(" ", name, " " * gap, state, " ", style="reverse")
        return drawn(self._console, lambda: self._console.print(head, soft_wrap=True))[0]

    def _below(self, room: int) -> list[str]:
        if not self._reason:
            return lines(self.turn, self._console, room, quiet=self._quiet) if self.turn else []
        page = Page(self._console)
        message = page.text(f"{self._reason} {_GOES_ON}")
        return ["", *drawn(self._console, lambda: page.entry(Text("!"), message, 2))]


def _now() -> str:
    return time.strftime("%H:%M:%S")
