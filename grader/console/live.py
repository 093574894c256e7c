"""Tells what `chatgrade watch` finds: at a terminal on a screen of which only changed lines are drawn anew, else line by line."""

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
# Terminals differ in how wide a character is; what one takes for wider must not begin a new line.
_NO_WRAPPING, _WRAPPING = "\x1b[?7l", "\x1b[?7h"


@contextlib.contextmanager
def viewer(console: Console, path: Path, seed: int, *, quiet: bool = False) -> Iterator[Viewer]:
    """Have shown what happens as it suits where the console writes, and in the end how it was left; `quiet`: no explanations."""
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
    """What is typed does not show, and is not left for the shell. Ctrl-C stays a signal; Ctrl-Z would leave half a screen."""
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
    """Prints what is new, and nothing twice."""

    def __init__(self, console: Console, name: str, seed: int, *, quiet: bool = False) -> None:
        self._page, self._quiet = Page(console), quiet
        self._page.entry(Text(), self._page.text(f"watching {name}, seed {seed}; Ctrl-C ends it"), 0)
        self._reason = "it was not graded yet"

    def graded(self, turn: WatchTurn) -> None:
        """Print a line for each verdict that is new, with the evidence if it is a failure, and the score."""
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
    """Draws a screen: a line that tells the state, the table of checks, and below it the explanations of failures."""

    def __init__(self, console: Console, name: str, *, quiet: bool = False) -> None:
        self.turn: WatchTurn | None = None
        self._console, self._name, self._quiet = console, name, quiet
        self._state, self._reason = "the checks begin", ""
        self._total = self._done = self._failed = 0
        self._size = (0, 0)
        self._body: list[str] | None = None  # all lines but the first, if they are known
        self._shown: list[str] = []  # what the screen shows
        self._drawing = self._stale = False

    def __enter__(self) -> LiveScreen:
        """Begin to draw; a resized terminal is drawn anew."""
        self._before = signal.signal(signal.SIGWINCH, lambda *_: self._draw())
        self._console.file.write(_NO_WRAPPING)
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        signal.signal(signal.SIGWINCH, self._before)
        self._console.file.write(_WRAPPING)

    def saved(self, name: str) -> None:
        """Tell which file it was."""
        self._state = f"{Path(name).name} saved, checking" if name else "checking"
        self._total = self._done = self._failed = 0
        self._draw()

    def expect(self, total: int) -> None:
        """Count towards this."""
        self._total = total
        self._draw()

    def finished(self, result: CheckResult) -> None:
        """Count a check."""
        self._done += 1
        self._failed += result.status is Status.FAIL
        self._draw()

    def graded(self, turn: WatchTurn) -> None:
        """Show the verdicts."""
        self.turn, self._reason = turn, ""
        self._told(f"checked at {_now()}: {news(turn)}")

    def refused(self, reason: str) -> None:
        """Show why there are none."""
        self._reason = reason
        self._told(f"not checked at {_now()}")

    def _told(self, state: str) -> None:
        self._state, self._total, self._body = state, 0, None
        self._draw()

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Bring the screen up to date. A signal may ask for that while it is being done: then it is done once more."""
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
        for row, line in reversed(list(enumerate(frame))):  # what the first line tells is there when it does
            if self._shown[row : row + 1] != [line]:
                self._console.file.write(f"{Control.move_to(0, row)}{_ERASE_LINE}{line}")
        self._console.file.flush()
        self._shown = frame

    def _head(self, width: int) -> str:
        """What is watched, and how it stands."""
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
        told = page.text(f"{self._reason} {_GOES_ON}")
        return ["", *drawn(self._console, lambda: page.entry(Text("!"), told, 2))]


def _now() -> str:
    return time.strftime("%H:%M:%S")
