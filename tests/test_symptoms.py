"""What failures of several students have in common: sentences are parted where they vary, and nowhere else."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from report_samples import failed, failure, report
from test_sinks import ANYTHING, fuzz

from grader.model import kinds
from grader.model.verdict import Failure
from grader.reports.json import to_dict
from grader.results.symptoms import OPEN, Sentence, Symptom
from grader.room import judge
from tasks.chat import user

ALIKE = [
    ("mira never got the line", "nils never got the line", "somebody never got the line"),
    ("mira got the line 2 times", "alma2 got the line 3 times", "somebody got the line … times"),
    (
        "drop() waits for self.mutex (line 18), which spread() has already taken and still holds when it calls it (line 32): "
        "a Lock cannot be taken twice",
        "remove_client() waits for lock (line 18), which broadcast() has already taken and still holds when it calls it "
        "(line 31): a Lock cannot be taken twice",
        "…() waits for … (line 18), which …() has already taken and still holds when it calls it (line …): "
        "a Lock cannot be taken twice",
    ),
    (
        'sock.sendall(text.encode()) sends what was typed without a newline; append it: sock.sendall((text + "\\n").encode())',
        'conn.send(bytes(m, "utf-8")) sends what was typed without a newline; append it: conn.send(bytes(m + "\\n", "utf-8"))',
        "… sends what was typed without a newline; append it: …",
    ),
    (
        "the server ended with KeyError: 'mira' (line 40)",
        "the server ended with KeyError: 'nils' (line 7)",
        "the server ended with KeyError: '…' (line …)",
    ),
    (
        "it waits in line 34: data = sock.recv(1024)",
        "it waits in line 9: text = reader.readline()",
        "it waits in line …",
    ),
    (
        'mira got "[mira] copper lantern 41" instead',
        'nils got "[nils] velvet tulip 212" instead',
        'somebody got "[somebody] …" instead',
    ),
    (
        'the program ends itself; the last that it printed is "Usage: a.py "NAME""',
        'the program ends itself; the last that it printed is "bye"',
        'the program ends itself; the last that it printed is "…"',
    ),
    (
        "it got 00 00 00 04 | 6d 69 72 61",
        "it got 00 00 00 09 | 63 6f 70 70 ... (31 bytes)",
        "it got …",
    ),
    (
        'maja got "zara: \ufffd\ufffd copper island 124" instead',
        'maja got "rosa: \ufffd tiger satin 7" instead',
        'somebody got "somebody: …" instead',
    ),
    (
        'jana got "SERVER: rosa is now s lagoon raven 454" instead',
        'jana got "SERVER: rosa is now tiger jasmine 456" instead',
        'somebody got "SERVER: somebody is now …" instead',
    ),
    (
        "a line of 65,536 bytes comes in several pieces",
        "a line of 1,024 bytes comes in several pieces",
        "a line of … bytes comes in several pieces",
    ),
]


@pytest.mark.parametrize(("one", "other", "common"), ALIKE)
def test_alike(one, other, common):
    """Nicknames, numbers, quoted text, and what stands in the student's source make no difference, and are left open."""
    ours, theirs = Sentence.of(one), Sentence.of(other)
    assert ours.fixed == theirs.fixed
    assert str(ours.meet(theirs)) == str(theirs.meet(ours)) == common


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mira never got the line", "mira got the line 2 times"),
        ("the server ended with KeyError: 'mira' (line 40)", "the server ended with IndexError: 'mira' (line 40)"),
        ("set PORT to 65433, which all clients call", "set HOST to 65433, which all clients call"),
        ('mira got "[mira] copper lantern 41" instead', 'mira got "mira: copper lantern 41" instead'),
        ('mira got "a  b" instead', 'mira got "a b" instead'),
        ('mira got "mira has joined." instead', 'mira got "mira joined!" instead'),
        ('mira got "otto: \ufffd copper 4" instead', 'mira got "otto \ufffd copper 4" instead'),
        ('mira got "otto says copper 4" instead', 'mira got "otto copper 4" instead'),
    ],
)
def test_different(one, other):
    """What happened, which error it was, and in which form a line came do make a difference."""
    assert Sentence.of(one).fixed != Sentence.of(other).fixed


def test_what_all_say_stays():
    """What could vary and does not is told."""
    sentence = Sentence.of('send "DONE" to mira (line 31)')
    assert str(sentence.meet(sentence)) == 'send "DONE" to somebody (line 31)'


def test_our_own_fixed_words_are_no_nicknames():
    """A nickname is a word of its own."""
    assert str(Sentence.of("the adapter of miranda, ada's")) == "the adapter of miranda, somebody's"


@fuzz
@given(ANYTHING, ANYTHING)
def test_meeting_is_fair(one, other):
    """Whatever two sentences of a kind say, their meeting does not depend on which comes first, and is of their kind."""
    text = 'it got "{}" (line 3)'
    ours, theirs = (Sentence.of(text.format(said)) for said in (one, other))
    if ours.fixed == theirs.fixed:
        met = ours.meet(theirs)
        assert met == theirs.meet(ours) == met.meet(ours)
        assert met.fixed == ours.fixed


@pytest.mark.parametrize("text", ["'a" * 10**6, '"' * 10**6, "x" * 10**7, "mira " * 10**6, "00 " * 10**6, "0" * 10**6])
def test_long_texts_are_looked_at_in_part(text):
    """Of a text without end only the two ends are looked at."""
    sentence = Sentence.of(f"it got {text} (line 3)")
    assert sum(map(len, sentence.pieces)) < 5000
    assert str(sentence).startswith("it got ")
    assert sentence.fixed[-1].endswith(")")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (kinds, "it waits in line {"),
        (kinds, "}() waits for {"),
        (kinds, "}() has already taken"),
        (user, "} sends what was typed without a newline; append it: {"),
        (judge, '} got "{near.text}" instead'),
    ],
)
def test_sentences_are_worded_as_their_makers_word_them(source, words):
    """What is looked for in sentences about the student's source stands where they are made."""
    assert words in inspect.getsource(source)


def test_long_pieces_are_shortened():
    """What varies is shown in part when it is long."""
    shown = str(Sentence.of(f'it got "{"z" * 900}"'))
    assert len(shown) < 120
    assert shown.endswith(f'{OPEN}"')


def check_of(said: Failure) -> dict:
    """A failed check, as a report has it."""
    return to_dict(report(failed("task1.broadcast", said)))["tasks"][0]["checks"][0]


def test_a_symptom_is_what_happened_and_what_was_seen_and_the_hint():
    """All three must be alike, but for the line in which a program waits."""
    hint = "print what recv() gives"
    one = Symptom.of(check_of(failure(observed="it got 'a'", hint=hint)))
    other = Symptom.of(check_of(failure(observed="it got 'b'", hint=f"{hint}; it waits in line 3: x = input()")))
    third = Symptom.of(check_of(failure(observed="it got nothing", hint=hint)))
    assert one.kind == other.kind != third.kind
    assert tuple(map(str, vars(one.meet(other)).values())) == ("it failed", "it got '…'", hint)


def test_where_a_person_has_judged_only_the_comment_counts():
    """The answers of two students are never the same; what the person says of them may be."""
    one, other = (
        Symptom.of(check_of(failure(observed=f"answers.md: {said}", hint="Which thread?")), judged=True)
        for said in ("It receives.", "One waits, the other types.")
    )
    assert one == other
    assert str(one.hint) == "Which thread?"
