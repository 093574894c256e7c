"""The words of the chat: which lines are taken for what, and the names and texts that a run draws."""

from __future__ import annotations

import re
from itertools import permutations

import pytest

from grader.text.words import NAMES, WORDS, Words, holds
from grader.wire.expect import exactly
from grader.wire.framing import LineBuffer
from grader.wire.loop import Loop
from grader.wire.peer import Line, Peer, words_key
from grader.wire.transcript import Transcript
from tasks.lines import Lines
from tasks.wording import WORDING

TEXT = "copper lantern 412"


def got(*texts: str) -> Peer:
    """A peer that has got these lines."""
    peer = Peer("otto", Loop(), Transcript(), LineBuffer())
    peer.lines += [Line(text.encode(), text, event) for event, text in enumerate(texts)]
    return peer


def lines(**wording: object) -> Lines:
    """The lines of the course, with some of its words changed."""
    return Lines({**WORDING, **wording}, lambda text: holds(text, WORDS))


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        (f"mira: {TEXT}", True),
        (f"mira: {TEXT}  ", True),
        (f"mira: {TEXT}\t", True),
        (f"[mira] {TEXT}", True),
        (f"<mira> {TEXT}", True),
        (f"> mira: {TEXT}", True),
        (f"[12:04:31] mira: {TEXT}", True),
        (f"\x1b[31mmira:\x1b[0m {TEXT}", True),
        (f"mira says {TEXT}", True),
        (f"message from mira: {TEXT}", True),
        (TEXT, True),
        (f"> {TEXT}", True),
        (f"127.0.0.1:51234: {TEXT}", True),
        (f"otto: {TEXT}", False),
        (f"MIRA: {TEXT}", False),
        (f"mira: {TEXT}.", False),
        (f"mira: {TEXT}0", False),
        (f"mira: {TEXT} and more", False),
        (f"mira: {TEXT[:-1]}", False),
        (f"mira: amber {TEXT}", False),
        (f"mira: amber needle 77mira: {TEXT}", False),
        ("mira: ", False),
        ("mira", False),
        ("", False),
        ("SERVER: mira has joined the chat.", False),
    ],
)
def test_said(line, taken):
    """What somebody said is known in any form that ends in the text, but not under another name or joined to another text."""
    assert lines().said("mira", TEXT).accepts(line) is taken


@pytest.mark.parametrize(
    ("line", "prompt", "taken"),
    [
        (f"Your name: mira: {TEXT}", "Your name: ", True),
        (f"Your name: {TEXT}", "Your name: ", True),
        (f"Your name: otto: {TEXT}", "Your name: ", False),
        (f"Name? mira: {TEXT}", ["Your name: ", "Name? "], True),
        (f"Name? otto: {TEXT}", ["Your name: ", "Name? "], False),
    ],
)
def test_said_after_a_prompt(line, prompt, taken):
    """A prompt without a newline before a line is no part of it."""
    assert lines(prompt=prompt).said("mira", TEXT).accepts(line) is taken


NOTICES = [
    ("{}", True),
    ("{}.", True),
    ("{}!", True),
    ("  {}.  ", True),
    ("{} .", True),
    ("{}..", False),
    ("{}?", False),
    ("> {}", False),
    ("otto: {}", False),
    ("{} Welcome.", False),
    ("", False),
]


@pytest.mark.parametrize(("form", "taken"), NOTICES)
@pytest.mark.parametrize(
    ("word", "notice"),
    [
        ("joined", "SERVER: mira has joined the chat"),
        ("left", "SERVER: mira has left the chat"),
        ("renamed", "SERVER: otto is now mira"),
    ],
)
def test_notices(form, taken, word, notice):
    """A notice is compared without blanks at its ends and without one final full stop or exclamation mark."""
    made = lines()
    expected = {
        "joined": lambda: made.joined("mira"),
        "left": lambda: made.left("mira", exact=True),
        "renamed": lambda: made.renamed("otto", "mira"),
    }[word]()
    assert expected.accepts(form.format(notice)) is taken


@pytest.mark.parametrize(
    "line",
    [
        "SERVER: otto has joined the chat.",
        "SERVER: Mira has joined the chat.",
        "server: mira has joined the chat.",
        "SERVER:mira has joined the chat.",
        "SERVER: mira has joined",
        "mira has joined the chat!",
        "SERVER: mira2 has joined the chat.",
    ],
)
def test_other_notices(line):
    """Another name, another case or other words are another notice."""
    made = lines()
    assert not made.joined("mira").accepts(line)


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("SERVER: mira has left the chat.", True),
        ("*** mira quit", True),
        ("mira disconnected", True),
        ("(mira) is gone", True),
        ("SERVER: mirabelle left", False),
        ("SERVER: otto has left the chat.", False),
        ("SERVER: mira has joined the chat.", False),
        (f"mira: {TEXT}", False),
        ("", False),
    ],
)
def test_left_in_other_words(line, taken):
    """That somebody left is also known by any line that names her and is neither chat nor her coming."""
    assert bool(lines().left("mira").among(got(line))) is taken


@pytest.mark.parametrize(
    ("came", "counted"),
    [
        (["Good bye, mira!", "SERVER: mira has left the chat."], 1),
        (["SERVER: mira has left the chat.", "mira lost the connection (104)", "gone so far: mira"], 1),
        (["SERVER: mira has left the chat.", "SERVER: mira has left the chat."], 2),
        (["mira left", "mira left"], 2),
        (["mira left (1)", "now gone: mira", "mira left (2)"], 2),
    ],
)
def test_other_words_beside_the_notice(came, counted):
    """Where the notice itself comes, other words about the same event are extras; where not, those of the first kind count."""
    assert len(lines().left("mira").among(got(*came))) == counted


@pytest.mark.parametrize(
    ("line", "taken"),
    [("DONE", True), (" DONE  ", True), ("done", False), ("DONE.", False), ("mira: DONE", False), ("DONE DONE", False)],
)
def test_done(line, taken):
    """The answer to EXIT is that word alone, blanks aside."""
    assert lines().done().accepts(line) is taken


@pytest.mark.parametrize(
    ("line", "taken"),
    [("> mira: hi", True), ("mira: hi", True), ("mira: hi ", True), ("> > mira: hi", False), (">mira: hi", False)],
)
def test_plain(line, taken):
    """A line is the same with a prompt before it and without."""
    made = lines(prompt="> ")
    assert made.plain(exactly("mira: hi")).accepts(line) is taken


def test_a_course_s_own_words():
    """Of several forms any is right, and the first is the one that is shown."""
    made = lines(joined=["{name} est là!", "SERVER: {name} joined"], done=["BYE", "DONE"], rename="/nick {new}")
    joined = made.joined("zoë")
    assert joined.text == "zoë est là!"
    assert [joined.accepts(line) for line in ("zoë est là", "SERVER: zoë joined.", "SERVER: zoë has joined the chat.")] == [
        True, True, False,
    ]  # fmt: skip
    assert [made.done().accepts(word) for word in ("BYE", "DONE", "OK")] == [True, True, False]
    assert made.typed("rename", new="zoe") == "/nick zoe"


@pytest.mark.parametrize("name", ["a.b", "m*", "(x)", "{name}", "ada+", "\\w"])
def test_names_with_special_signs(name):
    """Signs that mean something in patterns are plain letters of a name."""
    made = lines()
    assert made.joined(name).accepts(f"SERVER: {name} has joined the chat.")
    assert made.left(name).among(got(f"{name} quit"))
    assert made.said(name, TEXT).accepts(f"{name}: {TEXT}")
    assert not made.left(name).among(got("ab quit"))


# -- names and texts ---------------------------------------------------------------------------------------------------


def drawn(seed: str, count: int = 50) -> list[str]:
    """Names and texts of a seed, in turn."""
    words = Words(seed)
    return [draw() for _ in range(count) for draw in (words.name, words.text)]


def test_a_seed_repeats_everything():
    """The same seed gives the same names and texts, another seed others."""
    assert drawn("1:task1.join") == drawn("1:task1.join")
    assert drawn("1:task1.join") != drawn("2:task1.join")
    assert drawn("1:task1.join") != drawn("1:task1.leave")


def test_names_are_apart():
    """No name is part of another or of a word, and none is listed twice."""
    assert len(set(NAMES)) == len(NAMES)
    assert [(one, other) for one, other in permutations(NAMES, 2) if one in other] == []
    assert [(name, word) for name in NAMES for word in WORDS if name in word or word in name] == []


def test_words_are_plain():
    """Names and words are lower-case ASCII letters, and no word of the codelab's notices is among them."""
    assert all(word.isascii() and word.isalpha() and word.islower() for word in (*NAMES, *WORDS))
    assert len(set(WORDS)) == len(WORDS)
    notices = {part.strip("{}.:").lower() for text in WORDING.values() for part in str(text).split()}
    assert notices.isdisjoint({*NAMES, *WORDS})


@pytest.mark.parametrize("seed", range(20))
def test_a_check_draws_nothing_twice(seed):
    """Names, texts, and the two words a text ends in are each drawn once in a check."""
    words = Words(str(seed))
    names = [words.name() for _ in range(3 * len(NAMES))]
    texts = [words.text() for _ in range(500)]
    assert len(set(names)) == len(names)
    assert len({words_key(text) for text in texts}) == len(texts)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_length_of_a_text(count):
    """A text has as many words as asked for, of which one may be a number."""
    drawn = Words("1")
    for _ in range(100):
        words = [word.strip("!?").lower() for word in drawn.text(count).split()]
        assert len(words) == count
        assert sum(map(str.isdigit, words)) <= 1
        assert all(word.isdigit() or word.isalpha() for word in words)
        assert count == 1 or drawn.hold(" ".join(words))


def test_texts_have_no_shape_of_their_own():
    """Texts begin and end with numbers and without, with capitals and small letters, with signs and without."""
    drawn = Words("1")
    texts = [drawn.text() for _ in range(200)]
    for shape in (r".*\d", r"\d.*", r"[^\d]*", r".*[!?]", r"[A-Z].*", r"[a-z ]*"):
        assert 10 < sum(bool(re.fullmatch(shape, text)) for text in texts) < 190
    assert 30 < sum(holds(text, WORDS) for text in texts) < 170
    assert not any(name in text.lower() for name in NAMES for text in texts)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (TEXT, True), ("COPPER", True), ("[copper]", True), ("1copper2", True), ("x_copper_y", True),
        ("coppery", False), ("mira: hi", False), ("", False), ("412", False),
    ],
)  # fmt: skip
def test_words_in_a_text(text, held):
    """A word that only a check says is seen as a whole word, in any case and between any signs."""
    assert holds(text, WORDS) is held


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"mira: {TEXT}", "lantern 412"), (TEXT, "lantern 412"), ("  a   b \t", "a b"), ("a", "a"), ("", ""), (" \t ", ""),
        ("x\u2003y\u00a0z", "y z"), ("very long " * 1000 + "end", "long end"),
    ],
)  # fmt: skip
def test_words_key(text, key):
    """Lines are found by their last two words, whatever blanks stand between them."""
    assert words_key(text) == key


# -- what a line is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wording", "line", "told"),
    [
        ({}, "SERVER: mira has left the chat!", ("left", {"name": "mira"})),
        ({}, "SERVER: mira is now otto", ("renamed", {"old": "mira", "new": "otto"})),
        ({}, "mira has left", None),
        (
            {"joined": ["{name} has joined the chat!", "SERVER: {name} has joined the chat."]},
            "SERVER: mira has joined the chat.",
            ("joined", {"name": "mira"}),
        ),
        ({"renamed": "{new} was {old}"}, "otto was mira", ("renamed", {"old": "mira", "new": "otto"})),
        ({"renamed": "{new} has a new name"}, "otto has a new name", ("renamed", {"new": "otto"})),
        ({"left": "{name} left, bye {name}"}, "mira left, bye mira", ("left", {"name": "mira"})),
        ({"left": "{name} left, bye {name}"}, "mira left, bye otto", None),
    ],
)
def test_told(wording, line, told):
    """A notice is known by the form with most words of its own, and the names in it by their placeholders."""
    assert lines(**wording).told(line) == told


@pytest.mark.parametrize(
    ("command", "typed", "name"),
    [
        ("/name {new}", "/name  zoe ", "zoe"),
        ("/name {new}", "/name", ""),
        ("/name {new}", "/name   ", ""),
        ("/name {new}", "/names zoe", None),
        ("/name {new}", "say /name zoe", None),
        ("/set name {new}", "/set name zoe", "zoe"),
        ("/set name {new}", "/set colour red", None),
        ("/name={new}", "/name=zoe", "zoe"),
    ],
)
def test_new_name(command, typed, name):
    """The command for a new name is that of the course, with whatever blanks it has."""
    assert lines(rename=command).new_name(typed) == name
