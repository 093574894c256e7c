r"""Bytes in, messages out: lines that end in `\n`, and frames with their length before them. Pure: no socket, no clock."""

from __future__ import annotations

import struct
from typing import Protocol

HEADER = struct.Struct("!I")
_LARGEST = 32 << 20  # bytes of a frame; the largest that a check sends is half of it
_MOST_REMEMBERED = 1 << 20  # bytes of a stream that are kept to find out what is wrong with it


class Buffer(Protocol):
    """Collects bytes and gives back the messages that are complete."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take in the next bytes of the stream; return the messages that they complete."""

    @property
    def tail(self) -> bytes:
        """What has come of the message that is not finished yet."""

    @property
    def grows(self) -> bool:
        """Whether what comes may be a part of a message: not if its header claims more than anybody sends."""


class LineBuffer:
    r"""Gives back lines without their `\n`; a `\r` before it stays."""

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

    @property
    def grows(self) -> bool:
        """A line may have any length."""
        return True


class FrameBuffer:
    """Gives back the payloads of frames: four bytes of length, big-endian and unsigned, and so many bytes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in the pieces
        self._needed = HEADER.size  # bytes until something can be done: a header, or a header and its payload
        self.stream = bytearray()  # the first bytes of all that came

    def feed(self, data: bytes) -> list[bytes]:
        """Take in the next bytes of the stream; return the payloads that they complete."""
        self.stream += data[: _MOST_REMEMBERED - len(self.stream)] if len(self.stream) < _MOST_REMEMBERED else b""
        self._pieces.append(data)
        self._held += len(data)
        if self._held < self._needed:  # pieces are joined once for each frame: linear for large ones
            return []
        whole, at, payloads = b"".join(self._pieces), 0, []
        self._needed = HEADER.size
        while len(whole) - at >= HEADER.size:
            end = at + HEADER.size + HEADER.unpack_from(whole, at)[0]
            if end > len(whole):
                self._needed = end - at
                break
            payloads.append(whole[at + HEADER.size : end])
            at = end
        self._pieces, self._held = [whole[at:]], len(whole) - at
        return payloads

    @property
    def tail(self) -> bytes:
        """What has come of the frame that is not finished yet, its header included."""
        return b"".join(self._pieces)

    @property
    def grows(self) -> bool:
        """Whether the frame that has begun has a length that anybody sends."""
        return self._needed <= _LARGEST


def frame(payload: bytes) -> bytes:
    """The payload with its length before it."""
    return HEADER.pack(len(payload)) + payload


def in_hex(data: bytes, most: int = 20) -> str:
    """The first bytes, each as two digits, the header set off; how many follow is told."""
    head, rest = data[: HEADER.size].hex(" "), data[HEADER.size : most].hex(" ")
    more = f" ... ({len(data):,} bytes)" if len(data) > most else ""
    return f"{head} | {rest}{more}" if rest else head + more
