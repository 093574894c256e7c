"""A program's standard streams, and the capture of its output."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping
from typing import Protocol

from grader.wire.loop import Loop

UNBUFFERED: Mapping[str, str] = {"PYTHONUNBUFFERED": "1"}  # else what is printed into a pipe comes at the program's end
_HEAD, _TAIL = 24 << 10, 40 << 10  # bytes of output kept from its beginning and its end


class Capture:
    """Keeps the beginning and the end of a program's output."""

    def __init__(self) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self.total = 0  # bytes

    def add(self, data: bytes) -> None:
        """Add output."""
        self.total += len(data)
        room = _HEAD - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[max(room, 0) :]
        del self._tail[:-_TAIL]

    @property
    def text(self) -> str:
        """The output; if it was too long, its beginning and end, with a line about the bytes left out."""
        left_out = self.total - len(self._head) - len(self._tail)
        gap = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "backslashreplace")


class Stdio(Protocol):
    """The standard input, output and error of a program."""

    environment: Mapping[str, str]  # variables to add to the usual environment
    is_terminal: bool  # whether it becomes the program's controlling terminal

    def ends(self) -> tuple[int, int]:
        """The program's descriptors for input and for output and error, as `subprocess` accepts them."""

    def in_child(self) -> None:
        """Prepare the new process, before it executes the program."""

    def started(self) -> None:
        """Close the descriptors that only the program needs, now that it has them."""

    def unread(self) -> bool:
        """Whether the program has unread input. Makes the kernel deliver input and output on its way, too."""

    @property
    def text(self) -> str:
        """The program's output, as `Capture.text`."""

    @property
    def total(self) -> int:
        """The number of bytes printed, kept or not."""

    def close(self) -> None:
        """Read remaining output and close our descriptors."""


class Output:
    """The streams of a program without input: standard output and error go into one pipe."""

    environment = UNBUFFERED
    is_terminal = False

    def __init__(self, loop: Loop) -> None:
        self._descriptor, self._write_end = os.pipe()
        self._loop = loop
        self._capture = Capture()
        os.set_blocking(self._descriptor, False)
        loop.add(self)

    def ends(self) -> tuple[int, int]:
        """An empty standard input, and the pipe."""
        return subprocess.DEVNULL, self._write_end

    def in_child(self) -> None:
        """Do nothing."""

    def started(self) -> None:
        """Close the program's end of the pipe."""
        os.close(self._write_end)

    def fileno(self) -> int:
        """The descriptor of our end."""
        return self._descriptor

    def on_readable(self) -> None:
        """Read output."""
        try:
            data = os.read(self._descriptor, 1 << 18)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove(self)
        self._capture.add(data)
        self._loop.printed += len(data)

    def on_writable(self) -> None:
        """Do nothing: this end is only read."""

    def unread(self) -> bool:
        """Always false: this program has no input."""
        return False

    def close(self) -> None:
        """Read remaining output and close the pipe."""
        with contextlib.suppress(OSError):
            for _ in range(100):
                self.on_readable()
        self._loop.remove(self)
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """The output, as `Capture.text`."""
        return self._capture.text

    @property
    def total(self) -> int:
        """The number of bytes printed, kept or not."""
        return self._capture.total
