"""The framings that students' length prefixes turn out to have, besides the one that is asked for."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from grader.api import HEADER, frame


class Dialect(NamedTuple):
    """A way to frame that is in use: what it is called, the cure for who sends so and for who reads so, and how it is sent."""

    name: str
    cure: str
    cure_of_reader: str
    encode: Callable[[bytes], bytes]


def _characters(payload: bytes) -> bytes:
    return HEADER.pack(len(payload.decode("utf-8", "replace"))) + payload


def _in_digits(how: str, width: str) -> Dialect:
    return Dialect(
        f"the length is {how}",
        "use struct.pack('!I', n): four bytes, not digits",
        "read four bytes and use struct.unpack('!I', header)[0] in place of int(header)",
        lambda payload: format(len(payload), width).encode() + payload,
    )


RIGHT = Dialect("four bytes of length stand before each message", "", "", frame)


LINES = Dialect(
    "messages are still lines",
    "it still sends lines: send struct.pack('!I', len(data)) + data in place of data + b'\\n'",
    "read four bytes of length, then as many bytes as they say, and look for no newline",
    lambda payload: payload + b"\n",
)


NO_HEADER = Dialect(
    "no header of four bytes stands before it",
    "send struct.pack('!I', len(data)) before data",
    "read four bytes of length, then as many bytes as they say",
    lambda payload: payload,
)


TWO_BYTES = Dialect(
    "the header has two bytes",
    "use struct.pack('!I', n): four bytes; H has two",
    "read four bytes and use struct.unpack('!I', header); H has two",
    lambda payload: struct.pack("!H", min(len(payload), 0xFFFF)) + payload,
)


DIALECTS = (
    Dialect(
        "the length is little-endian",
        "use struct.pack('!I', n): network byte order, the most significant byte first",
        "use struct.unpack('!I', header): network byte order, the most significant byte first",
        lambda payload: struct.pack("<I", len(payload)) + payload,
    ),
    TWO_BYTES,
    Dialect(
        "the header has eight bytes",
        "use struct.pack('!I', n): four bytes; Q (and a plain L without '!') has eight",
        "read four bytes and use struct.unpack('!I', header); Q (and a plain L without '!') has eight",
        lambda payload: struct.pack("!Q", len(payload)) + payload,
    ),
    Dialect(
        "the length counts its own four bytes",
        "the header holds the length of the payload alone: len(payload), without the header",
        "the header holds the length of the payload alone: read as many bytes as it says, not four fewer",
        lambda payload: HEADER.pack(len(payload) + HEADER.size) + payload,
    ),
    Dialect(
        "the length counts characters, not bytes",
        "encode first, then count: data = text.encode(); struct.pack('!I', len(data)) + data",
        "the length counts bytes: read as many bytes as it says, and decode them when all are there",
        _characters,
    ),
    Dialect(
        "a newline is still sent after each frame",
        "a frame needs no end: drop the newline, the length says where it ends",
        "a frame has no end to look for: the byte after its payload begins the next header",
        lambda payload: frame(payload) + b"\n",
    ),
    _in_digits("text of four digits", "04"),
    _in_digits("text of ten characters", "<10"),
    _in_digits("text of 64 characters", "<64"),
    _in_digits("text", ""),
    LINES,
    NO_HEADER,
)
"""Wrong ways, the likelier first."""


HEADED = (RIGHT, *(dialect for dialect in DIALECTS if dialect not in (LINES, NO_HEADER)))
"""The ways that have a length before the message, the right one first."""


def dialect_of(stream: bytes, payloads: Sequence[bytes]) -> Dialect | None:
    """The dialect in which one of these payloads stands in the stream; None if it is framed right, or not there."""
    is_framed = any(frame(payload) in stream for payload in payloads)
    for dialect in DIALECTS:
        for payload in payloads:
            wrong, right = dialect.encode(payload), frame(payload)
            # Parts of a right frame say nothing: it ends in what a header of two bytes makes, for one.
            if wrong != right and wrong in stream and (right in wrong or not is_framed):
                return dialect
    return None
