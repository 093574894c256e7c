"""The model of the chat: which lines are true, which are violations of its rules, and whose matter these are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from grader.text.words import WORDS, holds
from grader.wire.framing import LineBuffer
from grader.wire.peer import Line
from tasks import ids
from tasks.chat.faults import Fault, Matter, Violation
from tasks.chat.history import NEVER, Act, Going, Person, note_altered, read
from tasks.chat.model import violations
from tasks.chat.telling import Blame, blamed, failure_of
from tasks.lines import Lines
from tasks.wording import WORDING

LINES = Lines(WORDING, lambda text: holds(text, WORDS))
ADA_IN, BOB_IN, CYD_IN = (
    "SERVER: ada has joined the chat.",
    "SERVER: bob has joined the chat.",
    "SERVER: cyd has joined the chat.",
)
ADA_LEFT = "SERVER: ada has left the chat."
TEXT, OTHER = "copper lantern 412", "basil ember ivory!"

Step = tuple[str, str, str]


def judged(*steps: Step, settled: bool = True, framed: bool = False) -> tuple[list[Violation], set[Matter]]:
    """What is wrong with a history: ("ada", "says", text), ("bob", "gets", line), ("ada", "closes", "")."""
    people: dict[str, Person] = {}
    sent: dict[str, list[tuple[int, bytes]]] = {}
    for event, (who, what, text) in enumerate(steps):
        one = people.setdefault(who, Person(who, []))
        if what == "gets":
            one.heard.append(Line(text.encode(), text, event))
        elif what == "closes":
            one.went, one.going, one.hears = event, Going.CLOSED, False
        elif what == "resets":
            one.went, one.going, one.hears = event, Going.RESET, False
        else:
            sent.setdefault(who, []).append((event, text.encode("utf-8", "surrogateescape") + b"\n" * (what == "says")))
    for who, one in people.items():
        read(one, sent.get(who, []), LineBuffer(), LINES, lambda _: False)
        one.admitted = one.came
        leaves = next((said for said in one.sayings if said.act is Act.EXIT), None)
        if leaves and one.went == NEVER:
            one.went, one.going, one.hears = leaves.ended, Going.EXIT, False
    everybody = list(people.values())
    note_altered(everybody)
    return violations(everybody, LINES, list(Matter) if settled else [], framed=framed)


def faults(*steps: Step, **how: bool) -> list[tuple[Fault, str]]:
    """Each fault with the hearer's name."""
    return [(one.fault, one.hearer.label) for one in judged(*steps, **how)[0]]


def meeting(*names: str) -> list[Step]:
    """They come in one after the other, and hear of each other."""
    steps: list[Step] = []
    for place, name in enumerate(names):
        steps.append((name, "says", name))
        steps += [(other, "gets", f"SERVER: {name} has joined the chat.") for other in names[:place]]
    return steps


THREE = meeting("ada", "bob", "cyd")
SAID: list[Step] = [("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("cyd", "gets", f"ada: {TEXT}")]
RENAMED: list[Step] = [
    ("ada", "says", "/name zoe"), ("bob", "gets", "SERVER: ada is now zoe"), ("cyd", "gets", "SERVER: ada is now zoe"),
]  # fmt: skip
LEFT: list[Step] = [
    ("cyd", "closes", ""), ("ada", "gets", "SERVER: cyd has left the chat."), ("bob", "gets", "SERVER: cyd has left the chat."),
]  # fmt: skip

RIGHT: dict[str, Sequence[Step]] = {
    "people meet, talk, and one leaves": [*THREE, *SAID, *LEFT],
    "somebody has a new name, and leaves under it": [
        *THREE, *RENAMED, ("ada", "says", TEXT), ("bob", "gets", f"zoe: {TEXT}"), ("cyd", "gets", f"zoe: {TEXT}"),
        ("ada", "closes", ""), ("bob", "gets", "SERVER: zoe has left the chat"), ("cyd", "gets", "SERVER: zoe has left the chat"),
    ],
    "she who asks for a new name is told, too": [*THREE, *RENAMED, ("ada", "gets", "SERVER: ada is now zoe")],
    "what was said before a new name comes under either": [
        *meeting("ada", "bob"), ("ada", "says", TEXT), ("ada", "says", "/name zoe"), ("bob", "gets", f"zoe: {TEXT}"),
        ("bob", "gets", "SERVER: ada is now zoe"),
    ],
    "EXIT is answered and announced": [
        *meeting("ada", "bob"), ("ada", "says", " exit "), ("ada", "gets", "DONE"), ("bob", "gets", ADA_LEFT),
    ],
    "a newcomer gets what was said before": [
        *meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("cyd", "says", "cyd"),
        ("cyd", "gets", ADA_IN), ("cyd", "gets", f"ada: {TEXT}"), ("ada", "gets", CYD_IN), ("bob", "gets", CYD_IN),
    ],
    "a welcome, a roster, a clock, a receipt and a farewell are extras": [
        ("ada", "says", "ada"), ("ada", "gets", "Welcome, ada! Tip: type /name to be another one"), ("bob", "says", "bob"),
        ("ada", "gets", BOB_IN), ("ada", "gets", "online: ada, bob"), ("ada", "says", TEXT), ("ada", "gets", "(delivered to 1)"),
        ("bob", "gets", f"ada: {TEXT}"), ("bob", "gets", "SERVER: it is 10:30"), ("ada", "closes", ""),
        ("bob", "gets", "Good bye, ada!"), ("bob", "gets", ADA_LEFT),
    ],
    "the same text twice is two messages": [*THREE, *SAID, *SAID],
    "one letter, signs, and a text like a message": [
        *meeting("ada", "bob"), *(step for text in ("k", "?!", "bob: hi", "ada", "a: b") for step in
        (("ada", "says", text), ("bob", "gets", f"ada: {text}"))),
    ],
    "every message has the same other form": [
        *meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", f"[10:59] <ada> {TEXT}"), ("ada", "says", OTHER),
        ("bob", "gets", f"[11:00] <ada> {OTHER}"), ("ada", "says", "k"), ("bob", "gets", "[11:00] <ada> k"),
    ],
    "messages without names, as every one of this server's": [
        *meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", TEXT), ("ada", "sends", f"{OTHER}\nx y z\n"),
        ("bob", "gets", OTHER), ("bob", "gets", "x y z"),
    ],
    "a name in colour": [*meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", f"\x1b[31mada\x1b[0m: {TEXT}")],
    "a second ada is called ada2": [
        ("bob", "says", "bob"), ("ada", "says", "ada"), ("bob", "gets", ADA_IN), ("twin", "says", "ada"),
        ("bob", "gets", "SERVER: ada2 has joined the chat."), ("twin", "says", TEXT), ("bob", "gets", f"ada2: {TEXT}"),
        ("ada", "gets", f"ada2: {TEXT}"), ("twin", "closes", ""), ("bob", "gets", "SERVER: ada2 has left the chat."),
        ("ada", "gets", "SERVER: ada2 has left the chat."),
    ],
    "a blank name becomes the address": [
        ("bob", "says", "bob"), ("nobody", "says", " "), ("bob", "gets", "SERVER: 127.0.0.1:51234 has joined the chat."),
        ("nobody", "says", TEXT), ("bob", "gets", f"127.0.0.1:51234: {TEXT}"),
    ],
    "what was no text comes as the server reads it": [
        *meeting("ada", "bob"), ("ada", "says", "caf\udce9"), ("bob", "gets", "ada: ?"),
    ],
    "what one who vanished said last may be lost": [*meeting("ada", "bob"), ("ada", "says", TEXT), ("ada", "resets", ""),
        ("bob", "gets", ADA_LEFT)],
    "a second ada is asked for another name, and gives a text for it": [
        ("bob", "says", "bob"), ("ada", "says", "ada"), ("bob", "gets", ADA_IN), ("twin", "says", "ada"),
        ("twin", "gets", "That name is taken. Another one?"), ("twin", "says", TEXT), ("twin", "gets", f"Welcome, {TEXT}"),
        ("bob", "gets", f"SERVER: {TEXT} has joined the chat."), ("ada", "gets", f"SERVER: {TEXT} has joined the chat."),
        ("bob", "gets", f"Online: ada, bob, {TEXT}"), ("ada", "gets", f"Online: ada, bob, {TEXT}"),
        ("bob", "gets", f"{TEXT}: hi"),
    ],
    "a roster that ends in a name that was said": [
        *meeting("ada", "viktor"), ("ada", "says", "viktor"), ("viktor", "gets", "ada: viktor"),
        ("ada", "gets", "Online: ada, viktor"),
        ("viktor", "gets", "Online: ada, viktor"), ("viktor", "gets", "Online: ada, viktor"),
    ],
    "a list of who does what": [*meeting("ada", "bob"), ("ada", "gets", "bob: online"), ("bob", "gets", "ada: away")],
    "the same text before and after somebody came": [
        *meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("cyd", "says", "cyd"),
        ("ada", "gets", CYD_IN),
        ("bob", "gets", CYD_IN), ("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("cyd", "gets", f"ada: {TEXT}"),
    ],
    "a replay in another form": [
        *meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("cyd", "says", "cyd"),
        ("ada", "gets", CYD_IN),
        ("bob", "gets", CYD_IN), ("cyd", "gets", f"ada: {TEXT} (12:30)"), ("cyd", "gets", f"Last message was '{TEXT}' by ada"),
    ],
    "a confirmation that holds the command": [
        *meeting("ada", "bob"), ("ada", "says", "/name zoe"), ("ada", "gets", "OK /name zoe"),
        ("bob", "gets", "SERVER: ada is now zoe"),
        ("ada", "says", "/name"), ("ada", "gets", "Usage: /name"),
    ],
    "a blank line may come or not": [*meeting("ada", "bob"), ("ada", "says", "  "), ("bob", "gets", "ada: ")],
    "half a line may be delivered when she has gone": [
        *meeting("ada", "bob"), ("ada", "sends", TEXT), ("ada", "closes", ""), ("bob", "gets", f"ada: {TEXT}"),
        ("bob", "gets", ADA_LEFT),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", RIGHT.values(), ids=RIGHT)
def test_right(steps):
    """Nothing is wrong with this."""
    assert faults(*steps) == []


WRONG: dict[str, tuple[Sequence[Step], list[tuple[Fault, str]]]] = {
    "an echo": ([*THREE, *SAID, ("ada", "gets", f"ada: {TEXT}")], [(Fault.ECHO, "ada")]),
    "an echo in another form": ([*THREE, *SAID, ("ada", "gets", f"you said {TEXT} just now")], [(Fault.ECHO, "ada")]),
    "a message twice": ([*THREE, *SAID, ("bob", "gets", f"ada: {TEXT}")], [(Fault.AGAIN, "bob")]),
    "somebody else's name": (
        [*THREE, ("ada", "says", TEXT), ("bob", "gets", f"cyd: {TEXT}"), ("cyd", "gets", f"ada: {TEXT}")],
        [(Fault.UNDER_ANOTHER_NAME, "bob")],
    ),
    "every name that there is": (
        [*THREE, ("ada", "says", TEXT),
         *((who, "gets", f"{name}: {TEXT}") for who in ("bob", "cyd") for name in ("ada", "bob", "cyd"))],
        [(Fault.UNDER_ANOTHER_NAME, "bob")] * 2 + [(Fault.UNDER_ANOTHER_NAME, "cyd")] * 2,
    ),
    "a line without its name, as others have": (
        [*meeting("ada", "bob"), ("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("ada", "sends", f"{OTHER}\nx y z9\n"),
         ("bob", "gets", f"ada: {OTHER}"), ("bob", "gets", "x y z9")],
        [(Fault.NAMELESS, "bob")],
    ),
    "a text that nobody said": ([*THREE, *SAID, ("bob", "gets", "ada: I never said that")], [(Fault.NEVER_SAID, "bob")]),
    "two messages in one line": (
        [*meeting("ada", "bob"), ("ada", "says", TEXT), ("ada", "says", OTHER), ("bob", "gets", f"ada: {TEXT}{OTHER}")],
        [(Fault.MIXED, "bob"), (Fault.LOST, "bob")],
    ),
    "a lost message": ([*THREE, *SAID[:2]], [(Fault.LOST, "cyd")]),
    "an order that is not hers": (
        [*meeting("ada", "bob"), ("ada", "says", TEXT), ("ada", "says", OTHER), ("bob", "gets", f"ada: {OTHER}"),
         ("bob", "gets", f"ada: {TEXT}")],
        [(Fault.ORDER, "bob")],
    ),
    "a join told twice": ([*THREE, ("ada", "gets", BOB_IN)], [(Fault.JOINED_AGAIN, "ada")]),
    "a join that never was": ([*THREE, ("ada", "gets", "SERVER: eve has joined the chat.")], [(Fault.NEVER_JOINED, "ada")]),
    "a join before it was": ([("ada", "says", "ada"), ("ada", "gets", BOB_IN), ("bob", "says", "bob"), ("ada", "gets", BOB_IN)],
        [(Fault.NEVER_JOINED, "ada")]),
    "one's own join": ([("ada", "says", "ada"), ("ada", "gets", ADA_IN)], [(Fault.OWN_JOIN, "ada")]),
    "a join that nobody is told of": ([("ada", "says", "ada"), ("bob", "says", "bob")], [(Fault.JOIN_UNTOLD, "ada")]),
    "a leave told twice": ([*THREE, *LEFT, LEFT[-1]], [(Fault.LEFT_AGAIN, "bob")]),
    "a leave of one who is there": ([*THREE, ("ada", "gets", "SERVER: bob has left the chat.")], [(Fault.NEVER_LEFT, "ada")]),
    "a leave of nobody": ([*THREE, ("ada", "gets", "SERVER: None has left the chat.")], [(Fault.NEVER_LEFT, "ada")]),
    "a leave that nobody is told of": ([*THREE, *LEFT[:2]], [(Fault.LEAVE_UNTOLD, "bob")]),
    "a leave under the old name": (
        [*meeting("ada", "bob"), ("ada", "says", "/name zoe"), ("bob", "gets", "SERVER: ada is now zoe"), ("ada", "closes", ""),
         ("bob", "gets", ADA_LEFT)],
        [(Fault.LEFT_UNDER_OLD_NAME, "bob")],
    ),
    "a new name of somebody else": (
        [*THREE, *RENAMED, ("bob", "gets", "SERVER: cyd is now zoe")], [(Fault.NEVER_RENAMED, "bob")]
    ),
    "a new name told twice": ([*THREE, *RENAMED, RENAMED[-1]], [(Fault.RENAMED_AGAIN, "cyd")]),
    "a new name that nobody is told of": ([*THREE, *RENAMED[:2]], [(Fault.RENAME_UNTOLD, "cyd")]),
    "an old name after a new one": (
        [*THREE, *RENAMED, ("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}"), ("cyd", "gets", f"zoe: {TEXT}")],
        [(Fault.UNDER_OLD_NAME, "bob")],
    ),
    "a command that is chat": ([*THREE, *RENAMED, ("bob", "gets", "ada: /name zoe")], [(Fault.COMMAND_RELAYED, "bob")]),
    "EXIT that is chat": (
        [*meeting("ada", "bob"), ("ada", "says", "EXIT"), ("bob", "gets", "ada: EXIT"), ("bob", "gets", ADA_LEFT)],
        [(Fault.EXIT_RELAYED, "bob")],
    ),
    "a changed text": (
        [*THREE, ("ada", "says", TEXT), ("bob", "gets", "ada: COPPER LANTERN 412"), ("cyd", "gets", f"ada: {TEXT}")],
        [(Fault.CHANGED, "bob")],
    ),
    "DONE twice": ([*meeting("ada", "bob"), ("ada", "says", "EXIT"), ("ada", "gets", "DONE"), ("ada", "gets", "DONE"),
        ("bob", "gets", ADA_LEFT)], [(Fault.DONE_UNASKED, "ada")]),
    "a text that is the end of another one, each twice": (
        [*meeting("ada", "bob"), *(step for text in (TEXT, f"so {TEXT}") for step in (
            ("ada", "says", text), ("bob", "gets", f"ada: {text}"), ("bob", "gets", f"ada: {text}")))],
        [(Fault.AGAIN, "bob")] * 2,
    ),
    "a message over and over": (
        [*THREE, *SAID, *[("bob", "gets", f"ada: {TEXT}")] * 3], [(Fault.AGAIN, "bob")] + [(Fault.OVER_AND_OVER, "bob")] * 2
    ),
    "a nickname that is chat": ([*meeting("ada", "bob"), ("bob", "gets", "ada: ada")], [(Fault.NEVER_SAID, "bob")]),
    "a leave of one who had no name": (
        [*meeting("ada", "bob"), ("nobody", "resets", ""), ("ada", "gets", "SERVER: None has left the chat.")],
        [(Fault.NAMELESS_LEFT, "ada")],
    ),
    "DONE for somebody else": ([*THREE, *SAID, ("bob", "gets", "DONE")], [(Fault.DONE_UNASKED, "bob")]),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "found"), WRONG.values(), ids=WRONG)
def test_wrong(steps, found):
    """Exactly this is wrong, and somebody's."""
    assert faults(*steps) == found


def test_what_is_due_is_judged_at_rest():
    """As long as something may still come, nothing is lost."""
    assert faults(*THREE, *SAID[:2], settled=False) == []


def test_payload_alone():
    """In frames a message may come without its name, but nothing else may stand before it."""
    start: list[Step] = [*meeting("ada", "bob"), ("ada", "says", TEXT)]
    assert faults(*start, ("bob", "gets", TEXT), framed=True) == []
    later: list[Step] = [("bob", "gets", TEXT), ("ada", "says", OTHER), ("bob", "gets", f"> {OTHER}")]
    assert faults(*start, *later, framed=True) == [(Fault.MIXED, "bob")]


MEET, SAY, LOSE_HALVES = meeting("ada", "bob"), [("ada", "says", TEXT), ("bob", "gets", f"ada: {TEXT}")], [
    ("ada", "sends", OTHER[:4]), ("ada", "sends", f"{OTHER[4:]}\n"),
]  # fmt: skip
BLAMED: dict[str, tuple[Sequence[Step], Blame]] = {
    "a lost message": ([*MEET, ("ada", "says", TEXT)], Blame(ids.BROADCAST, ())),
    "a message twice": ([*THREE, *SAID, ("bob", "gets", f"ada: {TEXT}")], Blame(ids.BROADCAST, (ids.ORDER,))),
    "a line in two segments, where lines come through": ([*MEET, *SAY, *LOSE_HALVES], Blame("task2.crlf", (ids.SPLIT,))),
    "the same where none was tried": ([*MEET, *LOSE_HALVES], Blame("task2.crlf", (ids.BROADCAST, ids.SPLIT))),
    "the same where plain lines are lost as well": ([*MEET, ("ada", "says", TEXT), *LOSE_HALVES], Blame(ids.BROADCAST, ())),
    "a leave after a close": ([*THREE, *LEFT, LEFT[-1]], Blame(ids.LEAVE, ())),
    "a leave after a reset": (
        [*THREE, ("cyd", "resets", ""), *LEFT[1:], LEFT[-1]], Blame("task2.crlf", (ids.LEAVE, ids.RESET))
    ),
    "a new name that says left and joined": (
        [*THREE, *RENAMED, ("bob", "gets", "SERVER: ada has left the chat.")], Blame(ids.ANNOUNCE, ())
    ),
    "the order": (
        [*MEET, ("ada", "says", TEXT), ("ada", "says", OTHER), ("bob", "gets", f"ada: {OTHER}"), ("bob", "gets", f"ada: {TEXT}")],
        Blame(ids.ORDER, ()),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "expected"), BLAMED.values(), ids=BLAMED)
def test_blame(steps, expected):
    """A fault belongs to the check whose matter it is; what only the check at hand does, to that one, if nothing explains it."""
    found, proven = judged(*steps)
    assert found
    assert {owner for owner, _ in blamed(found, "task2.crlf", proven)} == {expected}


def test_blame_of_frames():
    """In frames, what everybody does is the matter of the first check of frames, and no check of lines explains anything."""
    start = meeting("ada", "bob")
    found, proven = judged(*start, ("ada", "says", TEXT), framed=True)
    assert [owner for owner, _ in blamed(found, "task5.merged", proven)] == [Blame(ids.FRAMES, ())]
    found, proven = judged(*start, *LOSE_HALVES, framed=True)
    assert [owner for owner, _ in blamed(found, "task5.merged", proven)] == [
        Blame("task5.merged", (ids.FRAMES, ids.SPLIT_HEADER))
    ]
    leave: list[Step] = [*THREE, ("cyd", "resets", ""), ("ada", "gets", "SERVER: cyd has left the chat.")]
    found, proven = judged(*leave, framed=True)
    assert [owner for owner, _ in blamed(found, "task5.concurrent", proven)] == [
        Blame("task5.concurrent", (ids.FRAMES_TRUNCATED,))
    ]


@pytest.mark.parametrize("case", WRONG)
def test_told(case):
    """Each fault is told in whole sentences, with what was got, and without a hole."""
    for broken in judged(*WRONG[case][0])[0]:
        failure = failure_of(broken, 3)
        for sentence in (failure.summary, failure.expected, failure.observed, failure.hint):
            assert sentence
            assert "{" not in sentence
        assert failure.event is not None
        assert not failure.blocks
