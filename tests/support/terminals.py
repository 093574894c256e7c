"""A real terminal with a program of ours in it: its keys are pressed, its screen is read."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

import pexpect
import pyte

from grader.quiescence import threads
from support.waiting import until

COMMAND = ["-m", "grader", "review"]
DEADLINE = 20


class Terminal:
    """A person at a terminal of a size, who sees the screen that the program draws."""

    command: Sequence[str] = COMMAND
    patience = DEADLINE

    def __init__(self, folder, size=(80, 24), *options: str, **environ: str) -> None:
        width, height = size
        self.screen = pyte.Screen(width, height)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.program = pexpect.spawn(
            sys.executable,
            [*self.command, str(folder), *options],
            dimensions=(height, width),
            env={**kept, "TERM": "xterm-256color", **environ},
        )
        self.program.delaybeforesend = None

    def shown(self) -> str:
        """The screen's lines; pyte's own display stumbles over a wide character that is drawn over in part."""
        rows = (self.screen.buffer[row] for row in range(self.screen.lines))
        return "\n".join("".join(row[column].data for column in range(self.screen.columns)) for row in rows)

    def sees(self, text: str) -> str:
        """Wait until the screen shows a text; returns all of the screen."""
        deadline = time.monotonic() + self.patience
        while text not in (shown := self.shown()):
            assert time.monotonic() < deadline, f"no {text!r} on\n{shown}"
            try:
                self._show(self.program.read_nonblocking(65536, 0.2))
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                assert text in self.shown(), f"the program has ended; no {text!r} on\n{shown}"
        return shown

    def _show(self, data: bytes) -> None:
        self.raw += data
        self._stream.feed(data)

    def types(self, keys: str, sees: str) -> str:
        """Type, and wait for what it gives."""
        self.program.send(keys)
        return self.sees(sees)

    def rests(self) -> None:
        """Wait until the program has taken in what was typed, and waits for more."""
        until(lambda: threads.read([self.program.pid]).activity is threads.Activity.IDLE)

    def ends(self) -> int:
        """Wait for the end; the exit status."""
        self._show(self.program.read())
        self.program.wait()
        return self.program.exitstatus

    def resize(self, width: int, height: int) -> None:
        """Make the terminal larger or smaller."""
        self.screen.resize(height, width)
        self.program.setwinsize(height, width)
