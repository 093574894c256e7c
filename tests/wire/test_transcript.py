"""The transcript: order, clock, marks, and honest gaps."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from grader.model.verdict import Event
from grader.wire.transcript import Transcript


def filled(count: int) -> Transcript:
    """Make a transcript of `count` received lines."""
    made = Transcript()
    for number in range(count):
        made.add("bob", "in", b"line %d" % number)
    return made


def shape(events: tuple[Event, ...]) -> list[str]:
    """What the events hold."""
    return [event.data for event in events]


def test_events_keep_order_and_place():
    """Each event gets the next place, and comes out with who, direction and text."""
    made = Transcript()
    assert [made.add("mira", "out", b"hi"), made.add("bob", "in", b"mira: hi"), made.add("bob", "note", b"closes")] == [
        0,
        1,
        2,
    ]
    assert len(made) == 3
    assert [(e.who, e.dir, e.data, e.mark) for e in made.events()] == [
        ("mira", "out", "hi", ""),
        ("bob", "in", "mira: hi", ""),
        ("bob", "note", "closes", ""),
    ]


def test_time_counts_from_the_restart_of_the_clock(monkeypatch):
    """Times are seconds since the clock was last started anew, to the microsecond."""
    moments = iter([100.0, 100.25, 107.0, 107.0000004, 108.5])
    monkeypatch.setattr("grader.wire.transcript.time", SimpleNamespace(monotonic=lambda: next(moments)))
    made = Transcript()
    made.add("mira", "note", b"before")
    made.restart_clock()
    made.add("mira", "note", b"at once")
    made.add("mira", "note", b"later")
    assert [event.t for event in made.events()] == [0.25, 0.0, 1.5]


def test_no_events():
    """An empty transcript shows nothing."""
    assert Transcript().events() == Transcript().beginning() == ()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param("zoë 😀".encode(), "zoë 😀", id="UTF-8"),
        pytest.param(b"a\xffb\xc3", "a\\xffb\\xc3", id="no UTF-8"),
        pytest.param(b"\x1b[31mred\r\x00", "\x1b[31mred\r\x00", id="control characters are the renderer's matter"),
        pytest.param(b"x" * 2000, "x" * 2000, id="longest kept whole"),
        pytest.param(
            b"x" * 2001, "x" * 2000 + " ... (cut after 2,000 characters of 2,001 bytes)", id="cut and said so"
        ),
        pytest.param(
            "😀".encode() * 3000,
            "😀" * 2000 + " ... (cut after 2,000 characters of 12,000 bytes)",
            id="cut between characters",
        ),
    ],
)
def test_bytes_become_text(data, text):
    """Bytes are shown as text without losing what is no UTF-8, and a cut says so."""
    made = Transcript()
    made.add("bob", "in", data)
    assert [event.data for event in made.events()] == [text]


def test_mark_stands_at_its_place_only():
    """The remark is on the marked event and on no other."""
    events = filled(5).events(3, "came instead")
    assert [event.mark for event in events] == ["", "", "", "came instead", ""]


@pytest.mark.parametrize(
    ("total", "marked", "shown"),
    [
        pytest.param(1100, None, [(0, 1100)], id="all fits"),
        pytest.param(1101, None, [(0, 1101)], id="all fits around the last"),
        pytest.param(1102, None, [(0, 100), 1, (101, 1102)], id="one is left out"),
        pytest.param(5000, None, [(0, 100), 3899, (3999, 5000)], id="beginning and end"),
        pytest.param(5000, 50, [(0, 1050), 3950], id="marked near the beginning"),
        pytest.param(5000, 2500, [(0, 100), 1400, (1500, 3500), 1500], id="marked in the middle"),
        pytest.param(5000, 4999, [(0, 100), 3899, (3999, 5000)], id="marked at the end"),
    ],
)
def test_gaps_say_what_they_leave_out(total, marked, shown):
    """Of a long conversation the beginning and what surrounds the mark are shown, each gap with its size."""
    wanted: list[str] = []
    for part in shown:
        if isinstance(part, int):
            wanted.append(f"({part} events left out here)")
        else:
            wanted += [f"line {number}" for number in range(*part)]
    events = filled(total).events(marked, "here")
    assert shape(events) == wanted
    assert [event.data for event in events if event.mark] == ([] if marked is None else [f"line {marked}"])


@pytest.mark.parametrize(("total", "last"), [(3, "line 2"), (100, "line 99"), (101, "(1 events left out here)")])
def test_beginning(total, last):
    """Where nothing went wrong the first hundred events are enough, and how many more there are is said."""
    events = filled(total).beginning()
    assert shape(events)[:3] == ["line 0", "line 1", "line 2"]
    assert events[-1].data == last


def test_clean_up_is_no_evidence():
    """What comes after the judgement is not shown, and a second end does not move the first."""
    made = filled(2)
    made.end_here()
    made.add("bob", "note", b"connection closed by the server")
    made.end_here()
    assert shape(made.events()) == ["line 0", "line 1"]
    assert shape(made.events(1, "again")) == ["line 0", "line 1"]


@pytest.mark.parametrize(
    ("words", "place"), [("lantern 41", 3), ("lantern", 3), ("amber", 0), ("quartz", None), ("only heard", None)]
)
def test_last_sent(words, place):
    """The last event in which somebody sent the words is found; what was only heard is not."""
    made = Transcript()
    made.add("mira", "out", b"amber lantern 40\n")
    made.add("bob", "in", b"only heard")
    made.add("bob", "in", b"mira: amber lantern 41")
    made.add("bob", "out", b"copper lantern 41\n")
    made.add("mira", "note", b"lantern 41")
    assert made.last_sent(words) == place
