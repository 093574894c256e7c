"""Single keys and edited lines from a terminal, whose settings are restored at the end."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import select
import signal
import termios
from collections.abc import Iterator

RESIZED = "resized"
_NAMED = {
    "\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left", "\x1b[5~": "page up", "\x1b[6~": "page down",
    "\r": "enter", "\n": "enter", " ": "space", "\x1b": "escape",
}  # fmt: skip
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?")
_REST_OF_SEQUENCE = 0.05  # seconds; an escape that nothing follows in this time is the key Esc
_INTERRUPT, _END = "\x03", "\x04"


class Keyboard:
    """The keys of the terminal at a descriptor, while the context lasts."""

    def __init__(self, descriptor: int) -> None:
        self._terminal = descriptor
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._before = termios.tcgetattr(descriptor)

    def __enter__(self) -> Keyboard:
        self._resized, self._resizes = os.pipe()
        self._on_resize = signal.signal(signal.SIGWINCH, lambda *_: os.write(self._resizes, b"."))
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()
        signal.signal(signal.SIGWINCH, self._on_resize)
        os.close(self._resized)
        os.close(self._resizes)

    def _take(self) -> None:
        """Turn off echo, line mode and signal keys: Ctrl-C is read as a key, and Ctrl-Z cannot stop a half-drawn screen."""
        mode = termios.tcgetattr(self._terminal)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, mode)

    def _give_back(self) -> None:
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def key(self) -> str:
        """The next key: a character, the name of a special key, or RESIZED. Raises KeyboardInterrupt for Ctrl-C."""
        key = ""
        while not key or (_UNFINISHED.fullmatch(key) and self._waits(_REST_OF_SEQUENCE)):
            if not key and not self._waits():
                os.read(self._resized, 1024)
                return RESIZED
            data = os.read(self._terminal, 1)  # byte by byte: keys typed ahead may belong to a line
            key += self._decoder.decode(data)
            if not data or key in (_INTERRUPT, _END):
                raise KeyboardInterrupt
        return _NAMED.get(key, key)

    def _waits(self, seconds: float | None = None) -> bool:
        """Whether input comes before the time is over or the terminal is resized."""
        watched = [self._terminal] if seconds else [self._terminal, self._resized]
        return self._terminal in select.select(watched, [], [], seconds)[0]

    def line(self, prompt: str, text: str = "") -> str | None:
        """A line, edited as in a shell starting from `text`, with history by the arrow keys; None after Ctrl-C."""
        before = signal.signal(signal.SIGINT, _give_up)
        self._give_back()
        try:
            with _begun_with(text):
                return " ".join(input(prompt).split())
        except (_GivenUpError, EOFError):
            return None
        finally:
            self._take()
            signal.signal(signal.SIGINT, before)


class _GivenUpError(Exception):
    """Ctrl-C cancelled the line, not the program."""


def _give_up(*_: object) -> None:
    raise _GivenUpError


@contextlib.contextmanager
def _begun_with(text: str) -> Iterator[None]:
    """Pre-fill the next line with an editable text, where Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        yield
    finally:
        readline.set_startup_hook(None)
