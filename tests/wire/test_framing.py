"""Lines and frames: the same messages, however the stream is cut; and what is wrong with a stream that holds none."""

from __future__ import annotations

import pytest

from grader.wire.framing import FrameBuffer, LineBuffer, frame, in_hex
from tasks.task5.framings import DIALECTS, dialect_of
from tasks.task5.payloads import relayed, wrong_inside

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


# -- frames ------------------------------------------------------------------------------------------------------------

FRAMES = [
    pytest.param(b"", [], b"", id="nothing"),
    pytest.param(b"\0\0\0\4mira", [b"mira"], b"", id="one frame"),
    pytest.param(b"\0\0\0\0", [b""], b"", id="an empty frame"),
    pytest.param(b"\0\0\0\0\0\0\0\0\0\0\0\1x", [b"", b"", b"x"], b"", id="empty frames"),
    pytest.param(b"\0\0", [], b"\0\0", id="half a header"),
    pytest.param(b"\0\0\0\4mi", [], b"\0\0\0\4mi", id="half a payload"),
    pytest.param(b"\0\0\0\2hi\0\0\0\3bye\0\0", [b"hi", b"bye"], b"\0\0", id="merged, with trailing data"),
    pytest.param(b"\0\0\0\4\0\0\0\2\0\0\0\1\n", [b"\0\0\0\2", b"\n"], b"", id="a payload like a header"),
    pytest.param(frame(bytes(range(256))), [bytes(range(256))], b"", id="all bytes"),
    pytest.param(b"\xff\xff\xff\xffab", [], b"\xff\xff\xff\xffab", id="a huge claim"),
    pytest.param(frame("ü\u2028😀".encode()), ["ü\u2028😀".encode()], b"", id="beyond ASCII"),
]


@pytest.mark.parametrize(("stream", "payloads", "tail"), FRAMES)
def test_frames_at_every_split(stream, payloads, tail):
    """A stream of frames gives the same payloads whole, a byte at a time, and cut in two at any place."""
    for cuts in [[], list(range(1, len(stream))), *([place] for place in range(1, len(stream)))]:
        buffer, got = FrameBuffer(), []
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            got += buffer.feed(stream[start:end])
        assert got == payloads
        assert buffer.tail == tail
        assert bytes(buffer.stream) == stream


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 255, 256, 257, 1023, 1024, 1025, 4096, 65535, 65536, 65537])
def test_frame_sizes(size):
    """A payload of any size comes out as it went in, also when its last byte comes alone and another frame follows."""
    payload = bytes(number % 251 for number in range(size))
    data = frame(payload)
    buffer = FrameBuffer()
    assert buffer.feed(data[:-1]) == []
    assert buffer.feed(data[-1:] + frame(b"next")) == [payload, b"next"]


def test_large_frame_in_small_pieces():
    """A frame of 16 MiB that comes in pieces of 4 kB is put together once, not once per piece."""
    payload = bytes(16 << 20)
    data, buffer, got = frame(payload), FrameBuffer(), []
    for start in range(0, len(data), 4096):
        got += buffer.feed(data[start : start + 4096])
    assert got == [payload]
    assert len(buffer.stream) == 1 << 20


TEXT = "grüße 漢字 🎉".encode()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_dialects(dialect):
    """Each wrong way to frame is known by what it sends, also after a notice that it framed in the same way."""
    stream = dialect.encode(b"SERVER: otto has joined the chat.") + dialect.encode(b"otto: " + TEXT)
    assert dialect_of(stream, [TEXT, b"otto: " + TEXT]) is dialect


def test_right_frames_are_no_dialect():
    """Right frames, of any of the forms, are not taken for wrong ones, and neither is nothing at all."""
    for stream in (frame(b"otto: " + TEXT), frame(b"\0\0\0\2") + frame(TEXT) + frame(b"\n"), b"", b"\0\0\0"):
        assert dialect_of(stream, [TEXT, b"otto: " + TEXT]) is None


def test_in_hex():
    """The header is set off from the payload, and what is left out is counted."""
    assert in_hex(b"\0\0\0\2hi") == "00 00 00 02 | 68 69"
    assert in_hex(b"\0\0") == "00 00"
    assert in_hex(bytes(100), most=6) == "00 00 00 00 | 00 00 ... (100 bytes)"


@pytest.mark.parametrize(
    ("raw", "payload", "words"),
    [
        (b"mira: hi\n", b"hi", "the newline is still appended"),
        (frame(b"hi"), b"hi", "the header that came is passed on"),
        ("\ufffd hi".encode(), b"\xff hi", "decoded and encoded again"),
        (b"mira: b'hi'", b"hi", "as Python shows bytes"),
        (b"hi", b" hi\n", "stripped on the way"),
        (b"mira: hell", b"hello", "only 4 bytes of it"),
        (b"[mira] hi", b"hi", 'before the payload stands "[mira] "'),
        (b"something else", b"hi", ""),
    ],
)
def test_what_is_wrong_inside_a_frame(raw, payload, words):
    """A payload that came in another form tells by that form what was done to it."""
    told = wrong_inside(raw, relayed("mira", payload))
    assert words in told if words else not told
