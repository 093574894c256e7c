"""The terminal of a program, with a simulated user who types and reads.

`PseudoTerminal` is a pty(7): echo, line editing, Ctrl-C, a hang-up when it is closed. `Pipes` replaces it where there is
none: a pipe for input and a pipe for output.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import termios
from collections.abc import Mapping

import pexpect
from pexpect.fdpexpect import fdspawn

from grader.model.evidence import Screenshot
from grader.model.message import Message
from grader.model.verdict import Failure
from grader.programs.console import UNBUFFERED, Capture
from grader.programs.screen import COLUMNS, ROWS, TerminalScreen, plain, same_form
from grader.text.news import News
from grader.wire.loop import Loop
from grader.wire.transcript import Transcript

_CHUNK = 1 << 16
_FLOOD = 300_000  # bytes of output, far more than the chat of a check


class Terminal:
    """The common part of both kinds: the output as bytes, as text and as a screen."""

    environment: Mapping[str, str] = {}
    is_terminal = False
    hangs_up = False  # whether the program gets SIGHUP when it is closed
    keyboard: os.stat_result  # the program's end, from which it reads what is typed

    def __init__(self, label: str, loop: Loop, transcript: Transcript, flood_is_about: str = "") -> None:
        """`flood_is_about` is the id of the check that endless output belongs to, empty for the present one."""
        self.label, self._flood_is_about = label, flood_is_about
        self.screen = TerminalScreen()
        self._loop, self._transcript = loop, transcript
        self._capture = Capture()
        self._plain: list[str] = []  # pieces of output without escape sequences
        self._printed: list[str] | None = None  # the same in lines; None when it must be computed anew
        self._unfinished = b""  # the beginning of a character, or of an escape sequence
        self._echo = ""  # the echo of typed text that is yet to come
        self._skimmed = 0  # bytes of output that are still to be read without drawing them
        self._news = News()
        self._most = _FLOOD

    def fileno(self) -> int:
        """The descriptor from which output is read."""
        raise NotImplementedError

    def on_readable(self) -> None:
        """Read output."""
        raise NotImplementedError

    # -- output ----------------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        r"""The output without escape sequences, as `Capture.text`; all line ends are `\n`."""
        return plain(self._capture.text).replace("\r\n", "\n").replace("\r", "\n")

    @property
    def total(self) -> int:
        """The number of bytes printed, kept or not."""
        return self._capture.total

    def lines(self) -> list[str]:
        """Every line that a person at the terminal has seen, oldest first."""
        return self.screen.lines()

    def standing(self) -> list[str]:
        """The lines that a person sees if she scrolls back: without those that the program has erased or drawn anew."""
        return self.screen.standing()

    def screenshot(self) -> Screenshot:
        """The present screen."""
        return self.screen.shot(self.label)

    def shows(self, *texts: str) -> bool:
        """Whether a line holds all these texts, on the screen or in the raw output."""
        wanted = [same_form(text) for text in texts]
        return any(all(text in line for text in wanted) for line in (*self.screen.lines(), *self.printed()))

    def printed(self) -> list[str]:
        """The raw output in lines, drawn over or not."""
        if self._printed is None:  # it is asked for at every turn of the loop
            self._printed = re.split(r"[\r\n]+", same_form("".join(self._plain)))
        return self._printed

    @property
    def skims(self) -> bool:
        """Whether the screen lacks what is read now."""
        return self._skimmed > 0

    def skim(self, size: int) -> None:
        """Read the next `size` bytes, a long message, without drawing them: that would take seconds."""
        self._skimmed += size
        self._most += 2 * size

    def _take(self, data: bytes) -> None:
        """Process output: keep, draw and record it, or report a flood."""
        self._capture.add(data)
        self._loop.printed += len(data)
        self._loop.received += len(data)
        self._loop.shown += len(data)
        if self._capture.total > self._most:
            self._loop.remove(self)
            self._loop.flood = Failure(
                Message("the program floods {nick}'s terminal", nick=self.label),
                "the program shows messages and perhaps a prompt",
                Message("it printed {bytes} bytes, and no end of it", bytes=f"{self._capture.total:,}"),
                "the program prints the same over and over: look for a loop that never ends",
                consequence_of=self._flood_is_about,
            )
            return
        if self._skimmed > 0:
            self._skimmed -= len(data)
        else:
            self.screen.feed(data)
        text = self._decode(data)
        self._plain.append(text)
        self._printed = None
        self._record(text)
        self._loop.signs += self._news.is_news(text[-200:])

    def _decode(self, data: bytes) -> str:
        """The text of output up to the last whole character and escape sequence; keeps the rest for the next call."""
        data = self._unfinished + data
        cut = _whole_characters(data)
        escape = data.rfind(b"\x1b", max(0, cut - 32), cut)
        if escape >= 0 and plain(data[escape:cut].decode("latin-1")).startswith("\x1b"):
            cut = escape
        self._unfinished = data[cut:]
        return plain(data[:cut].decode("utf-8", "backslashreplace"))

    def _record(self, text: str) -> None:
        """Add output to the transcript, without the echo of typed text."""
        if self._echo and self._echo in text:
            text, self._echo = text.replace(self._echo, "", 1), ""
        for line in re.split(r"[\r\n]+", text):
            if line.strip():
                self._transcript.add(self.label, "in", line.strip().encode("utf-8", "backslashreplace"))

    # -- input -----------------------------------------------------------------------------------------------------

    def types(self, text: str) -> None:
        r"""Type text; `\n` is the Enter key."""
        self._transcript.add(self.label, "out", text.encode())
        self._loop.signs += 1
        self._most += len(text) ** 2  # some draw the whole line anew at each key
        self._send(text)

    def _send(self, text: str) -> None:
        raise NotImplementedError

    def unread(self) -> bool:
        """Whether the program has unread input. Makes the kernel deliver input and output on its way, too."""
        raise NotImplementedError

    def hang_up(self) -> None:
        """Close the terminal, like a person who closes its window."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the terminal."""
        self.hang_up()

    def on_writable(self) -> None:
        """Do nothing: input is written at once."""


class PseudoTerminal(Terminal):
    """A pseudo-terminal (pty(7)), the program's controlling terminal."""

    environment: Mapping[str, str] = {"TERM": "linux"}
    is_terminal = True
    hangs_up = True

    def __init__(self, label: str, loop: Loop, transcript: Transcript, flood_is_about: str = "") -> None:
        super().__init__(label, loop, transcript, flood_is_about)
        self._master, self._slave = os.openpty()
        self.keyboard = os.fstat(self._slave)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self._master, False)
        self._stream = fdspawn(self._master, timeout=0, maxread=_CHUNK, searchwindowsize=4096)
        self._poll = select.poll()
        for end in (self._master, self._slave):
            self._poll.register(end, select.POLLIN)
        loop.add(self)

    def ends(self) -> tuple[int, int]:
        """The terminal, for input and output."""
        return self._slave, self._slave

    def in_child(self) -> None:
        """Make it the controlling terminal, for /dev/tty, Ctrl-C and the hang-up: TIOCSCTTY, ioctl_tty(2)."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def started(self) -> None:
        """Keep our descriptor of the program's end open: `unread` polls it."""

    def fileno(self) -> int:
        """The descriptor of our end."""
        return self._master

    def on_readable(self) -> None:
        """Read output. Linux and the BSDs signal its end in different ways; pexpect handles both."""
        if self._stream.closed:
            return
        try:
            data = self._stream.read_nonblocking(_CHUNK, timeout=0)
        except pexpect.TIMEOUT:
            return
        except (pexpect.EOF, OSError):
            self._loop.remove(self)
            return
        self._take(data)
        while self.screen.answers:
            self._send(self.screen.answers.pop(0))

    def _send(self, text: str) -> None:
        if self._stream.closed:
            return
        with contextlib.suppress(OSError):  # the program does not read, and the line discipline is full
            if termios.tcgetattr(self._slave)[3] & termios.ECHO:
                self._echo = text.replace("\n", "\r\n")
            self._stream.send(text.replace("\n", "\r").encode())

    def unread(self) -> bool:
        """Whether the program has unread input. poll(2) also delivers pending data (n_tty_poll flushes the buffers)."""
        if self._stream.closed:
            return False
        return any(end == self._slave and event & select.POLLIN for end, event in self._poll.poll(0))

    def hang_up(self) -> None:
        """Close both ends: the program gets SIGHUP; its reads give an error or the end, its writes an error."""
        if self._stream.closed:
            return
        with contextlib.suppress(OSError):
            self.on_readable()
        self._loop.remove(self)
        self._stream.close()
        os.close(self._slave)


class Pipes(Terminal):
    """Two pipes in place of a terminal: no echo, no special keys, no SIGHUP.

    Python keeps what is printed into a pipe until there is much of it, where to a terminal it gives each line at once. So
    programs run unbuffered here, and what they forget to flush is seen all the same.
    """

    environment = UNBUFFERED

    def __init__(self, label: str, loop: Loop, transcript: Transcript, flood_is_about: str = "") -> None:
        super().__init__(label, loop, transcript, flood_is_about)
        self._program_in, self._typing = os.pipe()
        self.keyboard = os.fstat(self._program_in)
        self._reading, self._program_out = os.pipe()
        self._closed = False
        self._typed = ""  # the unfinished line: like a terminal, we deliver whole lines only
        os.set_blocking(self._reading, False)
        os.set_blocking(self._typing, False)
        loop.add(self)

    def ends(self) -> tuple[int, int]:
        """A pipe for each direction."""
        return self._program_in, self._program_out

    def in_child(self) -> None:
        """Do nothing."""

    def started(self) -> None:
        """Close the program's ends of the pipes."""
        os.close(self._program_in)
        os.close(self._program_out)

    def fileno(self) -> int:
        """The descriptor from which output is read."""
        return self._reading

    def on_readable(self) -> None:
        """Read output."""
        try:
            data = os.read(self._reading, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove(self)
            return
        self._take(data.replace(b"\n", b"\r\n"))

    def _send(self, text: str) -> None:
        *lines, self._typed = (self._typed + text).split("\n")
        with contextlib.suppress(OSError):  # the program has ended, or never reads
            os.write(self._typing, "".join(f"{line}\n" for line in lines).encode())

    def unread(self) -> bool:
        """Whether the pipe of input holds bytes: FIONREAD, ioctl(2)."""
        if self._closed:
            return False
        try:
            return fcntl.ioctl(self._typing, termios.FIONREAD, bytes(4)) != bytes(4)
        except OSError:
            return False

    def hang_up(self) -> None:
        """Close our ends: the program finds the end of its input."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            self.on_readable()
        self._loop.remove(self)
        os.close(self._typing)
        os.close(self._reading)


def _whole_characters(data: bytes) -> int:
    """The length of the data without an unfinished UTF-8 character (RFC 3629) at its end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:  # a byte in the middle of a character
            continue
        length = 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        return len(data) - back if back < length else len(data)
    return len(data)


KINDS: Mapping[str, type[PseudoTerminal] | type[Pipes]] = {"pty": PseudoTerminal, "pipes": Pipes}
