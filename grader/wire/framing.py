r"""Bytes in, messages out: lines that end in `\n`, and frames with their length before them. Pure: no socket, no clock."""

from __future__ import annotations

import struct
from typing import Protocol

HEADER = struct.Struct("!I")
_LARGEST = 32 << 20  # bytes of a frame; the largest that a check sends is half of it
_MOST_REMEMBERED = 1 << 20  # bytes of a stream that are kept for diagnosing wrong frames


class Buffer(Protocol):
    """Splits a stream of bytes into messages."""

    def feed(self, data: bytes) -> list[bytes]:
        """Add the next bytes of the stream; return the messages that they complete."""

    @property
    def tail(self) -> bytes:
        """The bytes of the unfinished message so far."""

    @property
    def grows(self) -> bool:
        """Whether the tail may become a message: not after a header with an absurd length."""


class LineBuffer:
    r"""Splits a stream into lines without their `\n`; a `\r` before it stays."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []  # pieces of the unfinished line, joined once it is finished: linear for long lines

    def feed(self, data: bytes) -> list[bytes]:
        """Add the next bytes of the stream; return the lines that they complete."""
        first, *others = data.split(b"\n")
        self._tail.append(first)
        if not others:
            return []
        lines = [b"".join(self._tail), *others[:-1]]
        self._tail = [others[-1]]
        return lines

    @property
    def tail(self) -> bytes:
        """The bytes of the unfinished line so far."""
        return b"".join(self._tail)

    @property
    def grows(self) -> bool:
        """Always true: a line may have any length."""
        return True


class FrameBuffer:
    """Splits a stream of frames into payloads. A frame is a length (4 bytes, unsigned, big-endian) and so many bytes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._held = 0  # bytes in the pieces
        self._needed = HEADER.size  # bytes in the pieces before the next step: a header, or a header and its payload
        self.stream = bytearray()  # the first bytes of the stream, at most _MOST_REMEMBERED

    def feed(self, data: bytes) -> list[bytes]:
        """Add the next bytes of the stream; return the payloads that they complete."""
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
        """The bytes of the unfinished frame so far, its header included."""
        return b"".join(self._pieces)

    @property
    def grows(self) -> bool:
        """Whether the unfinished frame has a length that a check could send."""
        return self._needed <= _LARGEST


def frame(payload: bytes) -> bytes:
    """The frame of a payload: its length, then the payload."""
    return HEADER.pack(len(payload)) + payload


def in_hex(data: bytes, most: int = 20) -> str:
    """The first `most` bytes as pairs of hex digits, such as `00 00 00 02 | 68 69`, and the total number if there are more."""
    head, rest = data[: HEADER.size].hex(" "), data[HEADER.size : most].hex(" ")
    more = f" ... ({len(data):,} bytes)" if len(data) > most else ""
    return f"{head} | {rest}{more}" if rest else head + more
