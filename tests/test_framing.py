"""LineBuffer: the same lines, however the stream is cut."""

from __future__ import annotations

import pytest

from grader.framing import LineBuffer

STREAMS = [
    pytest.param(b"", [], b"", id="nothing"),
    pytest.param(b"mira\n", [b"mira"], b"", id="one line"),
    pytest.param(b"mira", [], b"mira", id="unfinished"),
    pytest.param(b"mira\nhi\nbye\n", [b"mira", b"hi", b"bye"], b"", id="merged"),
    pytest.param(b"mira\nhi\nby", [b"mira", b"hi"], b"by", id="trailing data"),
    pytest.param(b"\n", [b""], b"", id="an empty line"),
    pytest.param(b"\n\n\nhi\n\n", [b"", b"", b"", b"hi", b""], b"", id="empty lines"),
    pytest.param(b"hi\r\n\r\nho\r", [b"hi\r", b"\r"], b"ho\r", id="carriage returns stay"),
    pytest.param(
        b"a\rb\x0b\x0c\x1c\x1d\x1e\x85c\n", [b"a\rb\x0b\x0c\x1c\x1d\x1e\x85c"], b"", id="only \\n ends a line"
    ),
    pytest.param("ü\u2028\u2029😀\nß".encode(), ["ü\u2028\u2029😀".encode()], "ß".encode(), id="beyond ASCII"),
    pytest.param(b"\0\xff\xfe\n\0", [b"\0\xff\xfe"], b"\0", id="no text at all"),
]


@pytest.mark.parametrize(("stream", "lines", "tail"), STREAMS)
def test_whole(stream, lines, tail):
    """A stream that comes at once gives all its lines at once and keeps what is unfinished."""
    buffer = LineBuffer()
    assert buffer.feed(stream) == lines
    assert buffer.tail == tail


@pytest.mark.parametrize(("stream", "lines", "tail"), STREAMS)
def test_byte_by_byte(stream, lines, tail):
    """A stream that comes a byte at a time gives the same lines, each with the byte that ends it."""
    buffer = LineBuffer()
    got = []
    for value in stream:
        fed = buffer.feed(bytes([value]))
        assert len(fed) == (value == ord("\n"))
        got += fed
    assert (got, buffer.tail) == (lines, tail)


@pytest.mark.parametrize(("stream", "lines", "tail"), STREAMS)
def test_every_split_position(stream, lines, tail):
    """A stream cut in two anywhere gives the same lines."""
    for cut in range(len(stream) + 1):
        buffer = LineBuffer()
        assert buffer.feed(stream[:cut]) + buffer.feed(stream[cut:]) == lines, cut
        assert buffer.tail == tail, cut


def test_every_two_split_positions():
    """A stream cut in three anywhere, in the middle of a line or at its ends, gives the same lines."""
    stream = b"\nmira\r\nhi\n\nby"
    for first in range(len(stream) + 1):
        for second in range(first, len(stream) + 1):
            buffer = LineBuffer()
            pieces = (stream[:first], stream[first:second], stream[second:])
            assert [line for piece in pieces for line in buffer.feed(piece)] == [b"", b"mira\r", b"hi", b""]
            assert buffer.tail == b"by"


def test_nothing_changes_nothing():
    """Feeding no bytes gives no line and leaves the unfinished one alone."""
    buffer = LineBuffer()
    buffer.feed(b"a\nb")
    assert buffer.feed(b"") == []
    assert buffer.tail == b"b"


def test_asking_for_the_tail_does_not_use_it_up():
    """The unfinished line can be looked at and still be finished later."""
    buffer = LineBuffer()
    buffer.feed(b"mi")
    assert (buffer.tail, buffer.tail) == (b"mi", b"mi")
    assert buffer.feed(b"ra\n") == [b"mira"]


def test_buffers_share_nothing():
    """What one connection has begun is no part of another's line."""
    one, other = LineBuffer(), LineBuffer()
    one.feed(b"mi")
    assert other.feed(b"otto\n") == [b"otto"]
    assert one.feed(b"ra\n") == [b"mira"]


def test_long_line_in_small_pieces():
    """A line of a million bytes in a thousand pieces comes out whole."""
    buffer = LineBuffer()
    assert [line for _ in range(1000) for line in buffer.feed(b"x" * 1000)] == []
    assert buffer.feed(b"\n") == [b"x" * 1_000_000]
    assert buffer.tail == b""
