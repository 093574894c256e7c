"""The review on a terminal: one group of answers at a time, judged by single keys.

The whole screen is redrawn after each key, so traces of a resize, a long comment or a stray line of
another program vanish with the next key.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.console import Group as Stack
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from grader.batch import pages
from grader.batch.store import Store
from grader.console.keyboard import RESIZED, Keyboard
from grader.console.review_page import Pages, View
from grader.model.errors import UsageError
from grader.results.review import Sitting, answers_of, listing
from grader.text import sinks
from grader.text.prose import count
from grader.text.width import columns

_LINES = {"up": -1, "down": 1, "k": -1, "j": 1}
_PAGES = {"page up": -1, "b": -1, "page down": 1, "space": 1}
_GROUPS = {"n": 1, "right": 1, "p": -1, "left": -1}
_ERASE_LINE = Control((ControlType.ERASE_IN_LINE, 2))
# Terminals differ in the widths of characters: a line that is wider than expected must not wrap.
_NO_WRAPPING, _WRAPPING = "\x1b[?7l", "\x1b[?7h"


def review(folder: Path, console: Console, *, again: bool = False) -> None:
    """Let a person judge the awaiting answers of a class; with `again`, also when all are judged."""
    with Store(folder) as store:
        sitting = _sitting(store)
        if not sitting.answers:
            console.print("Nothing awaits review: no check of this class asks for a person.")
        elif not sitting.waiting and not again:
            decided = count(len(sitting.answers), "answer")
            console.print(f"Nothing awaits review: {decided} judged; --again goes through them.", soft_wrap=True)
        elif not (sys.stdin.isatty() and sys.stdout.isatty() and not console.is_dumb_terminal):
            raise UsageError("a review needs a terminal that shows pages and sends keys; --list prints what there is.")
        else:
            try:
                _at_the_screen(sitting, console)
            finally:
                pages.refresh(store, folder)  # decisions are kept, even if the sitting ends by an error
            console.print(_closing(sitting), soft_wrap=True)


def print_list(folder: Path, console: Console) -> None:
    """Print one line for each answer, in columns separated by tabs, for scripts."""
    with Store(folder) as store:
        for row in listing(_sitting(store)):
            line = "\t".join(sinks.terminal(str(cell), console.encoding) for cell in row)
            console.file.write(f"{line}\n")  # Console.print expands tabs


def _sitting(store: Store) -> Sitting:
    answers, decided = answers_of(store.graded())
    return Sitting(answers, decided, store, store.reviewed_apart())


def _closing(sitting: Sitting) -> str:
    done = sum(sitting.decision_on(group) is not None for group in sitting.queue)
    awaits = f"{sitting.waiting} await; the next review begins there." if sitting.waiting else "none awaits."
    return f"{done} of {count(len(sitting.queue), 'group')} of answers judged, {awaits}"


def _at_the_screen(sitting: Sitting, console: Console) -> None:
    with Keyboard(sys.stdin.fileno()) as keyboard, console.screen():
        try:
            _Desk(sitting, console, keyboard).work()
        finally:
            console.file.write(_WRAPPING)


class _Desk:
    """Shows a sitting's current group, and runs the commands of keys."""

    def __init__(self, sitting: Sitting, console: Console, keyboard: Keyboard) -> None:
        self._sitting, self._console, self._keyboard = sitting, console, keyboard
        self._pages = Pages(sitting, console.encoding)
        self._line = "-" if console.options.ascii_only else "\u2500"
        self._view, self._helps, self._warned = View(), False, False
        self._last_action = "" if sitting.waiting else "nothing awaits any more; q quits"
        self._top = self._last_top = self._page = 0

    def work(self) -> None:
        """Show groups and read keys until the person quits."""
        while True:
            self._draw()
            key = self._keyboard.key()
            if key == RESIZED:
                continue
            self._last_action = ""
            if self._helps and key not in (_LINES | _PAGES):
                self._helps = False
            elif key == "q" and (self._warned or not self._sitting.drafts):
                return
            else:
                self._do(key)
            self._warned = key == "q"

    def _do(self, key: str) -> None:
        group = self._sitting.group
        match key:
            case "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9":
                self._give_typed(key)
            case "enter":
                self._give(group.check["points"])
            case "s":
                split = self._sitting.split()
                self._last_action = f"{len(group.answers)} answers, one by one" if split else "this is one answer only"
            case "u":
                self._last_action = "taken back" if self._sitting.undo() else "there is nothing to take back"
            case "c":
                self._comment()
            case "q":
                self._last_action = "a comment without points would be lost; q again quits"
            case _ if key in _GROUPS:
                self._go(_GROUPS[key])
            case _:
                self._look(key)
                return
        if self._sitting.group is not group:
            self._view, self._top = View(), 0

    def _go(self, by: int) -> None:
        if not self._sitting.go(by):
            self._last_action = "this is the last one" if by > 0 else "this is the first one"

    def _look(self, key: str) -> None:
        """Run the keys that change only the view."""
        view = self._view
        if key in _LINES | _PAGES:
            self._top += _LINES.get(key, 0) + _PAGES.get(key, 0) * max(self._page - 1, 1)
            self._top = max(min(self._top, self._last_top), 0)
        elif key == "o":
            self._view, self._top = View(not view.every_answer, view.function), 0
        elif key == "f":
            self._view = View(view.every_answer, view.function + 1)
        elif key == "?":
            self._helps, self._top = True, 0
        elif key:
            self._last_action = "no such key; ? tells what there is"

    def _give_typed(self, digit: str) -> None:
        """Give points by a digit; for maxima over nine the number is typed as a line."""
        maximum = self._sitting.group.check["points"]
        typed = self._ask(f"points (0 to {maximum}): ", digit) if maximum > 9 else digit
        if typed is None:
            return
        if typed.isdecimal() and int(typed) <= maximum:
            self._give(int(typed))
        else:
            self._last_action = f"0 to {count(maximum, 'point')} can be given"

    def _give(self, points: int) -> None:
        group = self._sitting.group
        self._sitting.give(points)
        self._last_action = f"{count(points, 'point')} for {count(len(group.answers), 'answer')}; u takes it back"
        if not self._sitting.waiting:
            self._last_action += "; nothing awaits any more, q quits"

    def _comment(self) -> None:
        before = self._sitting.comment_on(self._sitting.group)
        text = self._ask("comment: ", before)
        if text is not None and text != before:
            self._sitting.comment(text)

    def _ask(self, prompt: str, text: str) -> str | None:
        """Read a line at the foot of the screen; None if it is cancelled."""
        console = self._console
        console.control(Control.move_to(0, console.height - 1), _ERASE_LINE)
        console.show_cursor()
        console.file.write(_WRAPPING)
        console.file.flush()
        try:
            return self._keyboard.line(prompt, text)
        finally:
            console.show_cursor(False)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        width, height = self._console.size
        head, foot = self._head(width), self._foot(width)
        body = self._pages.help(width) if self._helps else self._pages.lines(width, self._view)
        self._page = max(height - len(head) - len(foot) - 1, 1)
        self._last_top = max(len(body) - self._page, 0)
        self._top = min(self._top, self._last_top)
        shown = body[self._top : self._top + self._page]
        shown += [Text()] * (self._page - len(shown))
        frame = [*head, *shown, self._rule(width, len(body)), *foot]
        for row in frame:
            row.no_wrap, row.overflow = True, "crop"
        self._console.file.write(_NO_WRAPPING)
        self._console.update_screen(Stack(*frame))

    def _head(self, width: int) -> list[Text]:
        sitting, check = self._sitting, self._sitting.group.check
        left = f" {sitting.at + 1} of {len(sitting.queue)}, {sitting.waiting} await "
        right = f"{check['id']}, {count(check['points'], 'point')} "
        return [self._pages.harmless(f"{left}{right.rjust(width - len(left))}", "reverse")]

    def _rule(self, width: int, length: int) -> Text:
        """A line with the last action, and the amount of the page below."""
        last_action = f" {self._last_action} " if self._last_action else ""
        below = length - self._top - self._page
        more = f" {count(below, 'more line')}: space " if below > 0 else " b: up " if self._top else ""
        gap = max(width - 4 - columns(last_action) - len(more), 0)
        return Text.assemble(self._line * 2, (last_action, "bold"), self._line * gap, more, self._line * 2)

    def _foot(self, width: int) -> list[Text]:
        most = self._sitting.group.check["points"]
        keys = [
            (f"0-{most}", "points"), ("Enter", f"{most}"), ("c", "comment"), ("s", "split"), ("n p", "next, previous"),
            ("u", "undo"), ("o", "all answers"), ("f", "function"), ("?", "help"), ("q", "quit"),
        ]  # fmt: skip
        rows = [Text()]
        for key, what in keys:
            if rows[-1] and len(rows[-1]) + len(key) + len(what) + 3 > width:
                rows.append(Text())
            rows[-1].append("  " if rows[-1] else "").append(key, "bold").append(f" {what}")
        return rows
