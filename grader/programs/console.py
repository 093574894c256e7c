"""A program's standard streams: what it prints is kept from the beginning and from the end."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping
from typing import Protocol

from grader.wire.loop import Loop

_HEAD, _TAIL = 24 << 10, 40 << 10  # bytes of output kept from its beginning and its end


class Capture:
    """Keeps what a program prints; the middle of very much is left out."""

    def __init__(self) -> None:
        self._head, self._tail = bytearray(), bytearray()
        self.total = 0  # bytes

    def add(self, data: bytes) -> None:
        """Keep this, too."""
        self.total += len(data)
        room = _HEAD - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[max(room, 0) :]
        del self._tail[:-_TAIL]

    @property
    def text(self) -> str:
        """All of it, or its beginning and end with a line that says how much is left out."""
        left_out = self.total - len(self._head) - len(self._tail)
        gap = f"\n[... {left_out} bytes left out ...]\n".encode() if left_out else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "backslashreplace")


class Stdio(Protocol):
    """What a program has for its standard input and output."""

    environment: Mapping[str, str]  # what it needs beside the usual
    is_terminal: bool  # and so becomes the program's controlling terminal

    def ends(self) -> tuple[int, int]:
        """The program's ends: standard input, and standard output and error, as subprocess takes them."""

    def in_child(self) -> None:
        """What the new process does before it becomes the program."""

    def started(self) -> None:
        """The program has its ends now."""

    def unread(self) -> bool:
        """Whether something was typed that the program has not read. Moves what the kernel has on its way, too."""

    @property
    def text(self) -> str:
        """What it has printed."""

    @property
    def total(self) -> int:
        """Bytes printed, kept or not."""

    def close(self) -> None:
        """Read what is left and let go."""


class Output:
    """The console of a program that nobody types to: standard output and error in one pipe."""

    environment: Mapping[str, str] = {}
    is_terminal = False

    def __init__(self, loop: Loop) -> None:
        self._descriptor, self._write_end = os.pipe()
        self._loop = loop
        self._capture = Capture()
        os.set_blocking(self._descriptor, False)
        loop.add(self)

    def ends(self) -> tuple[int, int]:
        """Nothing on standard input."""
        return subprocess.DEVNULL, self._write_end

    def in_child(self) -> None:
        """Nothing to do."""

    def started(self) -> None:
        """Close the program's end here."""
        os.close(self._write_end)

    def fileno(self) -> int:
        """The pipe's descriptor."""
        return self._descriptor

    def on_readable(self) -> None:
        """Take in what was printed."""
        try:
            data = os.read(self._descriptor, 1 << 18)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove(self)
        self._capture.add(data)
        self._loop.printed += len(data)

    def on_writable(self) -> None:
        """Nothing is written."""

    def unread(self) -> bool:
        """Nobody types."""
        return False

    def close(self) -> None:
        """Read what is left and close the pipe."""
        with contextlib.suppress(OSError):
            for _ in range(100):
                self.on_readable()
        self._loop.remove(self)
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """What was printed, the middle of very much left out."""
        return self._capture.text

    @property
    def total(self) -> int:
        """Bytes printed, kept or not."""
        return self._capture.total
