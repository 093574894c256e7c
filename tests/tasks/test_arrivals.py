"""What was sent to a client, as messages. No process."""

from __future__ import annotations

from typing import Any

import pytest

from grader.api import FrameBuffer, frame
from grader.wire.framing import LineBuffer
from tasks.chat.arrivals import Arrival, Segment, messages_in

ALONE, IN_PIECES, MERGED = Arrival


def arrivals(*segments: bytes, buffer: Any = LineBuffer) -> list[tuple[object, ...]]:
    """The messages in these segments, of which the first is event 0."""
    return [tuple(one) for one in messages_in([Segment(data, at) for at, data in enumerate(segments)], buffer())]


@pytest.mark.parametrize(
    ("segments", "messages"),
    [
        ([b"ada: hi\n"], [("ada", "hi", 0, ALONE)]),
        ([b"ada: ", b"hi\n"], [("ada", "hi", 1, IN_PIECES)]),
        ([b"ada: hi\nbob: a: b\n"], [("ada", "hi", 0, MERGED), ("bob", "a: b", 0, MERGED)]),
        ([b"ada: hi\nbob:", b" ho\n"], [("ada", "hi", 0, MERGED), ("bob", "ho", 1, IN_PIECES)]),
        ([b"ada: hi", b"\nbob: ho\n"], [("ada", "hi", 1, IN_PIECES), ("bob", "ho", 1, MERGED)]),
        ([b"ada: hi"], []),
        ([b"DONE\n", b"ada: \xff\x00\n"], []),
    ],
)
def test_lines(segments, messages):
    """A message is complete with its newline; how it came is told by the segments."""
    assert arrivals(*segments) == messages


def test_frames():
    """Frames are told apart like lines."""
    both = frame(b"ada: hi") + frame(b"bob: ho")
    assert arrivals(both[:-2], both[-2:], buffer=FrameBuffer) == [("ada", "hi", 0, MERGED), ("bob", "ho", 1, IN_PIECES)]
