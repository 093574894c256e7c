"""The conversation as a drawing and as a list: arrows between the right lifelines, what went wrong marked, nothing in the way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from support.report_samples import CROWD, ECHO_EVENTS

from grader.model.verdict import Event
from grader.reports.html.conversation import Conversation
from grader.reports.html.diagram import NARROW, ROOMY, Diagram, diagram
from grader.text.width import columns

SERVER, CLIENT = "your server", "your client"


def conversation(
    *events: Event, program: str = SERVER, recipient: str = "", users: tuple[str, ...] = ()
) -> Conversation:
    """A conversation made by hand."""
    return Conversation(events, program, frozenset(users), recipient)


def names(drawn: Diagram) -> list[str]:
    """The participants from left to right."""
    return [line.name for line in sorted(drawn.lifelines, key=lambda line: line.x)]


def arrows(drawn: Diagram) -> list[tuple[str, str, str]]:
    """Each arrow as (from, to, label), by the lifelines at its ends."""
    at = {line.x: line.name for line in drawn.lifelines}
    return [(at[step.start], at[step.end], step.label) for step in drawn.steps if step.kind == "message"]


CHATTER = tuple(Event(0.001 * n, "bob", "in", f"line {n}") for n in range(60))
BINARY = (
    Event(0.0, "mira", "note", "connected"),
    Event(0.001, "mira", "out", "\x00\x00\x00\x04mira"),
    Event(0.002, "otto", "in", "\x00\xff\u202e<b>\n" * 99, "not as it was sent"),
)


def test_arrows_go_between_those_who_speak():
    """What a peer sent goes from its lifeline to the program's, what it got the other way."""
    assert arrows(diagram(conversation(*ECHO_EVENTS))) == [
        ("mira", SERVER, "copper lantern 41"),
        (SERVER, "otto", "mira: copper lantern 41"),
        (SERVER, "mira", "mira: copper lantern 41"),
    ]


def test_the_program_stands_in_the_middle():
    """Peers stand on both sides of the server; a client stands between its user and the grader's server."""
    assert names(diagram(conversation(*ECHO_EVENTS))) == ["mira", SERVER, "otto"]
    events = (Event(0.0, "server", "note", "the client connected"), Event(0.1, "wim", "out", "wim\n"))
    assert names(diagram(conversation(*events, program=CLIENT, users=("wim",)))) == ["wim", CLIENT, "server"]
    assert [line.own for line in diagram(conversation(*ECHO_EVENTS)).lifelines] == [False, True, False]


def test_what_went_wrong_is_marked():
    """The event that went wrong, and no other, has its remark."""
    marks = [step.mark for step in diagram(conversation(*ECHO_EVENTS)).steps]
    assert marks == ["", "", "should not have come"]


def test_what_never_came_is_drawn():
    """After the event that shows it, an arrow leaves the program for the one who waited, and ends before her lifeline."""
    sent = Event(0.1, "mira", "out", "hello", "never reached zoe")
    drawn = diagram(conversation(sent, Event(0.2, "otto", "in", "mira: hello"), recipient="zoe"))
    assert [step.kind for step in drawn.steps] == ["message", "missing", "message"]
    missing = drawn.steps[1]
    at = {line.name: line.x for line in drawn.lifelines}
    assert missing.start == at[SERVER]
    assert min(at[SERVER], at["zoe"]) < missing.end < max(at[SERVER], at["zoe"])
    assert missing.label == "never came"


def test_what_never_came_without_a_mark():
    """Where no event shows it, it is drawn and told at the end."""
    talk = conversation(CHATTER[0], recipient="bob")
    assert [step.kind for step in diagram(talk).steps] == ["message", "missing"]
    assert [turn.mark for turn in talk.turns()] == ["", "never came"]


def test_times_run_down():
    """Each step stands under the one before it, its time beside it."""
    drawn = diagram(conversation(*CHATTER[:5]))
    assert [step.time for step in drawn.steps] == ["0.0", "1.0", "2.0", "3.0", "4.0"]
    assert all(above.top + above.height <= below.top for above, below in pairwise(drawn.steps))


def test_a_long_conversation_is_folded_around_the_mark():
    """Twelve events before the one that went wrong and four after are drawn, the others counted."""
    events = (*CHATTER[:30], Event(0.03, "bob", "in", "line 30", "too late"), *CHATTER[31:])
    drawn = diagram(conversation(*events))
    assert [label for *_, label in arrows(drawn)] == [f"line {n}" for n in range(18, 35)]
    assert (drawn.steps[0].label, drawn.steps[-1].label) == ("18 earlier events", "25 later events")


def test_few_events_are_not_left_out():
    """One or two more are drawn rather than counted."""
    events = (*CHATTER[:14], Event(0.03, "bob", "in", "late", "too late"), *CHATTER[:6])
    assert all(step.kind == "message" for step in diagram(conversation(*events)).steps)


def test_without_a_mark_the_end_is_shown():
    """Where no event is marked the last ones are drawn."""
    drawn = diagram(conversation(*CHATTER))
    assert [step.label for step in drawn.steps][:2] == ["47 earlier events", "line 47"]
    assert drawn.steps[-1].label == "line 59"


def test_a_crowd_stays_readable():
    """Of 30 participants those nearest to what went wrong are drawn; the others are counted, and so is what they say."""
    events = (*CROWD[:200], Event(0.2, "guest7", "in", "hello", "should not have come"), *CROWD[201:])
    drawn = diagram(conversation(*events, recipient="guest20"))
    assert len(drawn.lifelines) == 7
    assert {"guest7", "guest20"} <= set(names(drawn))
    assert drawn.silent == 24
    counted = [int(step.label.split()[0]) for step in drawn.steps if step.kind == "gap"]
    assert sum(counted) + len(arrows(drawn)) == 300


@pytest.mark.parametrize("recipient", ["", "a name that is far too long"])
@pytest.mark.parametrize("scale", [ROOMY, NARROW])
@pytest.mark.parametrize(
    "events", [ECHO_EVENTS, CHATTER, CROWD, BINARY, (*ECHO_EVENTS, Event(0.0, "", "note", "(left out)"))]
)
def test_nothing_stands_in_the_way(scale, events, recipient):
    """Words stay on the drawing and off the times, names over the lifelines do not touch, and nothing leaves it below."""
    drawn = diagram(conversation(*events, recipient=recipient), scale)
    for step in drawn.steps:
        for text, middle in ((step.label, step.label_x), (step.mark, step.mark_x)):
            half = columns(text) * 7.3 / 2
            assert not text or scale.times - 1 < middle - half < middle + half < drawn.width
        assert step.top + step.height < drawn.height
    for left, right in pairwise(drawn.lifelines):
        assert left.x + left.width / 2 < right.x - right.width / 2
    assert drawn.lifelines[0].x - drawn.lifelines[0].width / 2 > scale.times - 16


@pytest.mark.parametrize("number", [2, 3, 6])
def test_words_stay_on_their_side_of_the_program(number):
    """What stands at an arrow, or beside a participant, does not reach over the program's lifeline, however close they are."""
    events = [
        event
        for at in range(number)
        for event in (
            Event(at, f"peer{at}", "in", "SERVER: alma has joined the chat."),
            Event(at, f"peer{at}", "note", "connection closed by the server"),
        )
    ]
    drawn = diagram(conversation(*events))
    program = next(line.x for line in drawn.lifelines if line.own)
    outermost = drawn.lifelines[0].x
    for step in drawn.steps:
        half, peer = columns(step.label) * 7.3 / 2, min(step.start, step.end)
        if step.kind == "message" or peer != outermost or number < 6:  # left of a crowd is no room for a remark
            assert step.label_x + half < program if peer < program else step.label_x - half > program
    assert drawn.width <= 901  # the box for it on a laptop


def test_two_participants_fit_a_phone():
    """A drawing of two peers and the server is no wider than the box for it on a phone."""
    assert diagram(conversation(*ECHO_EVENTS), NARROW).width <= 349


def test_long_texts_are_shortened_around_the_difference():
    """At an arrow stands what differs from what was sent; hovering shows more, and the list still more."""
    sent = "x" * 1_000 + " and at last the end"
    got = "x" * 1_000 + " and at last the And"
    talk = conversation(Event(0.0, "mira", "out", sent), Event(0.1, "otto", "in", got, "not the same"))
    label = diagram(talk).steps[1].label
    assert "And" in label
    assert columns(label) <= 40
    assert "And" in diagram(talk).steps[1].full
    assert "And" in list(talk.turns())[1].text


def test_what_cannot_be_seen_is_spelled_out():
    """Control characters and bytes are visible in the drawing, in one line each."""
    label = diagram(conversation(*BINARY[:2])).steps[1].label
    assert label == r"\x00\x00\x00\x04mira"


def test_the_sentence_tells_what_the_drawing_shows():
    """The text in place of the drawing names who takes part, and what went wrong when."""
    sentence = diagram(conversation(*ECHO_EVENTS)).sentence
    assert "3 of 3 events between mira, otto and your server" in sentence
    assert "At 0.3 ms mira gets “mira: copper lantern 41”: should not have come." in sentence


def test_the_list_is_the_conversation():
    """The list has who does what when, with the remark and what never came."""
    events = (Event(0.1, "wim", "out", "hi\n", "not sent"), Event(0.2, "server", "in", "x"))
    talk = conversation(*events, program=CLIENT, recipient="server", users=("wim",))
    assert [tuple(turn) for turn in talk.turns()] == [
        ("100.0", "wim", "types", r"hi\n", "not sent"),
        ("", "server", "", "", "never came"),
        ("200.0", "server", "gets", "x", ""),
    ]


def test_the_list_is_bounded():
    """A long list says how many events it leaves out at either end."""
    events = (*CROWD[:200], Event(0.2, "guest7", "in", "y" * 9_999, "wrong"), *CROWD[201:])
    turns = list(conversation(*events).turns())
    assert (turns[0].text, turns[-1].text) == ("(120 earlier events left out here)", "(79 later events left out here)")
    assert len(turns) == 2 + 80 + 1 + 20
    assert max(len(turn.text) for turn in turns) < 400


def test_nobody_said_anything():
    """A conversation without events is a drawing without steps."""
    assert diagram(conversation()).steps == ()
