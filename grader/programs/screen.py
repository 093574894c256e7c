"""The screen of a terminal as a person sees it: bytes in, lines out. Pure: no terminal, no clock.

An emulator (pyte) executes cursor movements, redrawn lines, colours and wide characters, so a line is read as it stands on
the screen, not as it was sent. Lines that have scrolled away or were erased count as seen, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pyte

from grader.model.evidence import Screenshot

COLUMNS, ROWS = 160, 48

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and the like
    r"|\x1b[()*+][A-Za-z0-9]|\x1b[@-Z\\-_a-z=>78]"
)
_SEQUENCE = re.compile(rb"(\x1b\[[0-?]*[ -/]*[@-~])")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]{0,60}[ -/]{0,4}|[P_^X][^\x1b]{0,2000}\x1b?)?\Z")
_IGNORED = re.compile(  # sequences that do not change the text, but that the emulator would show as text
    rb"\x1b[P_^X][^\x1b]*\x1b\\|\x1b\[[0-9;]*:[0-9;:]*m"
)
_MOST_LINES = 5_000  # remembered lines that are no longer on the screen


def plain(text: str) -> str:
    """The text without escape sequences; carriage returns and backspaces are kept."""
    return _ESCAPES.sub("", text)


def same_form(text: str) -> str:
    """Text in the form of the screen's lines: Unicode NFC, in which a letter and its accent are one character if possible."""
    return unicodedata.normalize("NFC", text)


class TerminalScreen:
    """A terminal's present screen and the lines that were on it before."""

    def __init__(self) -> None:
        self._screen = _Remembering(COLUMNS, ROWS)
        self._stream = _Stream(self._screen)
        self._held = b""  # an unfinished escape sequence
        self.answers = self._screen.answers  # the terminal's replies to queries, such as for the cursor's position

    def feed(self, data: bytes) -> None:
        """Show the next bytes of output."""
        data = _IGNORED.sub(b"", self._held + data)
        cut = _UNFINISHED.search(data)
        data, self._held = (data[: cut.start()], cut[0]) if cut else (data, b"")
        for piece in _SEQUENCE.split(data):
            try:
                self._stream.feed(piece)
            except Exception:  # noqa: BLE001 - the emulator fails at some sequences, which a terminal would ignore
                self._stream = _Stream(self._screen)

    def lines(self) -> list[str]:
        """Every line that was shown and not overwritten, oldest first, the present screen last; without trailing blanks."""
        return [line for line in (*self._screen.gone, *self._screen.rows()) if line]

    def standing(self) -> list[str]:
        """The lines of `lines` that the program has not drawn anew: the present screen, below what scrolled off it."""
        return [line for line in (*self._screen.scrolled, *self._screen.rows()) if line]

    def shot(self, who: str) -> Screenshot:
        """The present screen, without empty rows at its end, and the cursor's position."""
        rows, cursor = self._screen.rows(), self._screen.cursor
        last = max((number for number, row in enumerate(rows, start=1) if row), default=0)
        return Screenshot(who, tuple(rows[:last]), cursor.y, cursor.x)

    @property
    def question(self) -> str:
        """The prompt: the cursor's line, and if there are no letters in it, the line above that ends like a question."""
        rows, at = self._screen.rows(), self._screen.cursor.y
        above = rows[at - 1] if at and not any(map(str.isalnum, rows[at])) else ""
        return f"{above} {rows[at]}".strip() if above.rstrip().endswith(("?", ":", ">")) else rows[at]


class _Stream(pyte.ByteStream):
    """Pyte's stream with more sequences of real terminals: scrolling, and saving the cursor's position."""

    csi = {  # noqa: RUF012 - as pyte declares it
        **pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down", "s": "keep_cursor", "u": "return_cursor"
    }  # fmt: skip
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down", "keep_cursor", "return_cursor"}


class _Remembering(pyte.Screen):
    """Pyte's screen, which also keeps lines that scroll away or are erased."""

    def __init__(self, columns: int, lines: int) -> None:
        self.gone: list[str] = []
        self.scrolled: list[str] = []  # those of the lines gone that scrolled away since the screen was last drawn anew
        self.answers: list[str] = []
        self._rendered: dict[int, str] = {}
        super().__init__(columns, lines)

    def rows(self) -> list[str]:
        """The lines of the present screen."""
        for row in self.dirty if self._rendered else range(self.lines):
            self._rendered[row] = _text(self.buffer[row])
        self.dirty.clear()
        return [self._rendered.get(row, "") for row in range(self.lines)]

    def index(self) -> None:
        """Move the cursor down a line; at the bottom, the topmost line scrolls away."""
        if self.cursor.y == (self.margins.bottom if self.margins else self.lines - 1):
            self._remember(top := self.margins.top if self.margins else 0)
            self.scrolled.append(_text(self.buffer[top]))
            del self.scrolled[:-_MOST_LINES]
        super().index()

    def scroll_up(self, count: int = 1, *_: int) -> None:
        """SU: move the lines up; the cursor stays."""
        self._at(self.margins.bottom if self.margins else self.lines - 1, self.index, count)

    def scroll_down(self, count: int = 1, *_: int) -> None:
        """SD: move the lines down; the cursor stays."""
        self._at(self.margins.top if self.margins else 0, self.reverse_index, count)

    def _at(self, row: int, action: Callable[[], None], count: int) -> None:
        x, y = self.cursor.x, self.cursor.y
        self.cursor.y = row
        for _ in range(min(count or 1, self.lines)):
            action()
        self.cursor.x, self.cursor.y = x, y

    def keep_cursor(self, *_: int) -> None:
        """SCOSC: save the cursor's position."""
        self.save_cursor()

    def return_cursor(self, *_: int) -> None:
        """SCORC: restore the cursor's position."""
        self.restore_cursor()

    def erase_in_display(self, how: int = 0, *rest: Any, **more: Any) -> None:  # noqa: ANN401 - as pyte declares it
        """ED: erase the screen, or a part of it."""
        for row in range(self.lines) if how in (2, 3) else range(self.cursor.y + 1, self.lines) if how == 0 else ():
            self._remember(row)
        if how in (2, 3):
            self.scrolled.clear()
        super().erase_in_display(how, *rest, **more)

    def cursor_down(self, count: int | None = None) -> None:
        """CUD, and LF below the region that scrolls: only within it does its end stop the cursor."""
        outside = self.margins and self.cursor.y > self.margins.bottom
        if outside:
            self.cursor.y = min(self.cursor.y + (count or 1), self.lines - 1)
        else:
            super().cursor_down(count)

    def restore_cursor(self) -> None:
        """DECRC: restore the cursor's position, also one outside the region that scrolls."""
        row = self.savepoints[-1].cursor.y if self.savepoints else 0
        super().restore_cursor()
        if pyte.modes.DECOM not in self.mode:
            self.cursor.y = row

    def cursor_position(self, line: int | None = None, column: int | None = None) -> None:
        """CUP: move the cursor. From the first row on, a program draws its screen anew."""
        if (line or 1) == 1:
            self.scrolled.clear()
        super().cursor_position(line, column)

    def write_process_input(self, data: str) -> None:
        """Keep the terminal's reply to a query."""
        self.answers.append(data)

    def _remember(self, row: int) -> None:
        text = _text(self.buffer[row])
        if text:
            self.gone.append(text)
            del self.gone[:-_MOST_LINES]


def _text(line: Mapping[int, Any]) -> str:
    if not line:
        return ""
    return "".join(line[column].data for column in range(max(line) + 1)).rstrip()
