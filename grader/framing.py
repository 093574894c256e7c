r"""Bytes in, lines out. Pure: no socket, no clock."""

from __future__ import annotations


class LineBuffer:
    r"""Collects bytes and gives back the lines that are complete, without their `\n`; a `\r` before it stays."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []  # pieces of the unfinished line, joined once it is finished: linear for long lines

    def feed(self, data: bytes) -> list[bytes]:
        """Take in the next bytes of the stream; return the lines that they complete."""
        first, *others = data.split(b"\n")
        self._tail.append(first)
        if not others:
            return []
        lines = [b"".join(self._tail), *others[:-1]]
        self._tail = [others[-1]]
        return lines

    @property
    def tail(self) -> bytes:
        """What has come of the line that is not finished yet."""
        return b"".join(self._tail)
