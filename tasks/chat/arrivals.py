"""What our host has sent to a client, as messages, and how each of them came. Pure: bytes in, messages out."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from grader.api import Buffer


class Arrival(Enum):
    """How a message came: in a segment of its own, in several segments, or in one with others."""

    ALONE = "alone"
    IN_PIECES = "in pieces"
    MERGED = "merged"


class Segment(NamedTuple):
    """Bytes that were sent at once, and the index of that event in the transcript."""

    data: bytes
    event: int


class Said(NamedTuple):
    """A message to the client, and the event by which it was complete."""

    speaker: str
    text: str
    event: int
    arrival: Arrival


def messages_in(segments: Iterable[Segment], buffer: Buffer) -> list[Said]:
    """The messages `<speaker>: <text>` of a stream; what is no text, or has no speaker, is none."""
    said = []
    for data, event in segments:
        begun = bool(buffer.tail)
        complete = buffer.feed(data)
        merged = len(complete) > 1 or bool(buffer.tail)
        for number, raw in enumerate(complete):
            arrival = Arrival.IN_PIECES if begun and not number else Arrival.MERGED if merged else Arrival.ALONE
            said += _message(raw, event, arrival)
    return said


def _message(raw: bytes, event: int, arrival: Arrival) -> list[Said]:
    speaker, colon, text = raw.decode("utf-8", "replace").partition(": ")
    return [Said(speaker, text, event, arrival)] if colon and text.isprintable() else []
