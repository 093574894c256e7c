"""What stands on a client's screen, held against what was sent to it. No process, no terminal."""

from __future__ import annotations

import pytest

from tasks.chat.arrivals import Arrival, Said
from tasks.chat.shown import Showing, is_shown, odd_showings

AGAIN, IN_PART, SOMEBODY_ELSES, NAMELESS, INVENTED, AS_OWN, DISORDER = Showing
SAID = (
    Said("ada", "copper lantern 412", 1, Arrival.ALONE),
    Said("bob", "at 10:30: velvet 413", 2, Arrival.MERGED),
    Said("ada", "k", 3, Arrival.MERGED),
    Said("cyd", "meadow onyx 415", 4, Arrival.IN_PIECES),
)
ADA, BOB, K, CYD = right = [f"{one.speaker}: {one.text}" for one in SAID]


def odd(*lines: str, printed: tuple[str, ...] = ()) -> list[tuple[Showing, str]]:
    """What is wrong with these lines, and of which message."""
    return [(one.showing, one.about.text) for one in odd_showings(SAID, lines, [*printed, *lines])]


@pytest.mark.parametrize(
    "lines",
    [
        right,
        [f"[12:3{number}] {line}" for number, line in enumerate(right)],
        [f"  {line}  |" for line in right],
        ["[ada] copper lantern 412", "[bob] at 10:30: velvet 413", "[ada] k", "[cyd] meadow onyx 415"],
        [ADA, f"> half typed{BOB}", K, CYD],
        right[::-1],
        ["ada", "  copper lantern 412", "bob", "  at 10:30: velvet 413", "ada", "  k", "cyd", "  meadow onyx 415"],
        [*right, f"last: {CYD}", "3 messages from ada", "ada is here", "online: ada, bob, cyd"],
        ["*** message 1, from ada ***", ADA, "recv: b'ada: copper lantern 412\\n'", BOB, K, CYD],
        ["ada: copper lan", "tern 412", BOB, K, CYD],
        ["ada: copper la | bob |", "ntern 412 | cyd |", BOB, K, CYD],
        [f"{ADA} {BOB} {K} {CYD}"],
        [ADA, "ada: copper lantern 412pt text of before", BOB],
        [],
    ],
)
def test_right(lines):
    """Any honest form: with a time, in brackets, grouped, wrapped, newest first, beside lines of the client's own."""
    assert odd(*lines, printed=("ada bob cyd",)) == []


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([ADA, ADA, BOB, K, CYD], (AGAIN, "copper lantern 412")),
        ([ADA, f"> {ADA}", BOB, K, CYD], (AGAIN, "copper lantern 412")),
        ([f"12:30 {ADA}", f"12:31 {ADA}", BOB], (AGAIN, "copper lantern 412")),
        ([ADA, BOB, K, K, CYD], (AGAIN, "k")),
        ([ADA, "cyd: mead", CYD], (IN_PART, "meadow onyx 415")),
        ([ADA, "ada: at 10:30: velvet 413"], (SOMEBODY_ELSES, "at 10:30: velvet 413")),
        ([ADA, BOB, "ada: at 10:30: velvet 413"], (SOMEBODY_ELSES, "at 10:30: velvet 413")),
        (["copper lantern 412", BOB, CYD], (NAMELESS, "copper lantern 412")),
        ([ADA, "ada: hello to all"], (INVENTED, "k")),
        ([f"[12:30] {ADA}", "[12:31] bob: hello to all"], (INVENTED, "at 10:30: velvet 413")),
        ([ADA, CYD, BOB], (DISORDER, "meadow onyx 415")),
    ],
)
def test_wrong(lines, wrong):
    """A message again, in part, under another name, without one, in disorder; and one that nobody sent."""
    assert wrong in odd(*lines)


def test_an_order_that_is_only_drawn_is_no_disorder():
    """Who printed the messages in order may have put them anywhere."""
    assert odd(ADA, CYD, BOB, printed=tuple(right)) == []


def test_same_text_of_two():
    """What two people say in the same words stands there twice."""
    said = [Said(name, "the same words 9", at, Arrival.ALONE) for at, name in enumerate(("ada", "bob", "ada"))]
    lines = ["ada: the same words 9", "bob: the same words 9", "ada: the same words 9"]
    assert list(odd_showings(said, lines, lines)) == []


LONG = " ".join(f"word{number}" for number in range(100))


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        ([f"ada: {LONG}"], True),
        ([LONG[:160], LONG[160:320], LONG[320:]], True),
        ([f"| {LONG[:70]} |", f"| {LONG[70:]} |"], True),
        ([LONG[:70] + " bob", LONG[70:140] + " cyd", LONG[140:]], True),
        ([f"ada: {LONG[:300]}... (800 bytes)"], True),
        ([f"ada: {LONG[:300]}…"], True),
        ([f"ada: {LONG[:500]}"], False),
        ([LONG[:200], LONG[300:]], False),
        ([], False),
    ],
)
def test_long_text(lines, whole):
    """A long text may be wrapped, and cut if the screen says so; else all of it must stand there."""
    assert is_shown(LONG, [], lines) is whole


def test_shown_as_own():
    """A message that stands there under the user's own name, too, in the form of messages, is an invention."""
    shown = [ADA, "me: copper lantern 412", BOB, K, CYD]
    assert [(one.showing, one.about.text) for one in odd_showings(SAID, shown, shown, "me")] == [
        (AS_OWN, "copper lantern 412")
    ]
    assert list(odd_showings(SAID, shown := [*right, "me: my own words"], shown, "me")) == []
