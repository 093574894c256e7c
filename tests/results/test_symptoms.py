"""What failures of several students have in common: sentences are open where their values differ, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from support.fuzzing import ANYTHING, fuzz
from support.report_samples import failed, failure, report

from grader.diagnosis.cause import said_by
from grader.diagnosis.tracebacks import Crash
from grader.model.kinds import Cause
from grader.model.message import Message
from grader.model.verdict import Failure
from grader.reports.json import to_dict
from grader.results.symptoms import OPEN, Sentence, Symptom
from grader.text.words import form_of


def sentence(text: str) -> Sentence:
    """The sentence of a report."""
    return Sentence.of(Message.of(text).as_dict())


def lock(function: str, name: str, line: int, holder: str, holder_line: int) -> Message:
    """A lock that is taken twice."""
    values: dict[str, str | int] = {"function": function, "lock": name, "line": line}
    values |= {"holder": holder, "holder_line": holder_line}
    return Cause.TAKES_A_LOCK_TWICE.sentence(values)


def no_newline(call: str, right: str) -> Message:
    """A call that sends no newline."""
    return Message("{call} sends what was typed without a newline; append it: {right}", call=call, right=right)


def crashed(error: str, line: int) -> Message:
    """A crash in the student's own line."""
    told = said_by(Crash(error, (), in_thread=False))
    return Cause.CRASHES_IN_OWN_LINE.sentence({"who": Message.of("the server"), "error": told, "line": line})


def waits(line: int, source: str) -> Message:
    """Where a program waits."""
    return Cause.WAITS.sentence({"line": line, "source": source})


def never(nick: str) -> Message:
    """Somebody who got nothing."""
    return Message("{nick} never got the line", nick=nick)


def times(nick: str, count: int) -> Message:
    """Somebody who got a line too often."""
    return Message("{nick} got the line {count} times", nick=nick, count=count)


def instead(nick: str, line: str) -> Message:
    """Somebody who got another line."""
    return Message('{nick} got "{line}" instead', nick=nick, line=form_of(line))


def ended(printed: str) -> Message:
    """A program that ends and has said something."""
    return Cause.ENDS_ITSELF_SAYING.sentence({"printed": printed})


ALIKE = [
    (never("mira"), never("nils"), "somebody never got the line"),
    (times("mira", 2), times("alma2", 3), "somebody got the line … times"),
    (
        lock("drop", "self.mutex", 18, "spread", 32),
        lock("remove_client", "lock", 18, "broadcast", 31),
        "…() waits for … (line 18), which …() has already taken and still holds when it calls it (line …): "
        "a Lock cannot be taken twice",
    ),
    (
        no_newline("sock.sendall(text.encode())", 'sock.sendall((text + "\\n").encode())'),
        no_newline('conn.send(bytes(m, "utf-8"))', 'conn.send(bytes(m + "\\n", "utf-8"))'),
        "… sends what was typed without a newline; append it: …",
    ),
    (
        crashed("KeyError: 'mira'", 40),
        crashed("KeyError: 'nils'", 7),
        "the server ended with KeyError: '…' (line …)",
    ),
    (waits(34, "data = sock.recv(1024)"), waits(9, "text = reader.readline()"), "it waits in line …: …"),
    (
        instead("mira", "[mira] copper lantern 41"),
        instead("nils", "[nils] velvet tulip 212"),
        'somebody got "[somebody] …" instead',
    ),
    (
        ended('Usage: a.py "NAME"'),
        ended("bye"),
        'the program ends itself; the last that it printed is "…"',
    ),
    (
        Message("it got {came}", came="00 00 00 04 | 6d 69 72 61"),
        Message("it got {came}", came="00 00 00 09 | 63 6f 70 70 ... (31 bytes)"),
        "it got …",
    ),
    (
        instead("maja", "zara: \ufffd\ufffd copper island 124"),
        instead("maja", "rosa: \ufffd tiger satin 7"),
        'somebody got "somebody: …" instead',
    ),
    (
        instead("jana", "SERVER: rosa is now s lagoon raven 454"),
        instead("jana", "SERVER: rosa is now tiger jasmine 456"),
        'somebody got "SERVER: somebody is now …" instead',
    ),
    (
        Message("a line of {size} bytes comes in several pieces", size="65,536"),
        Message("a line of {size} bytes comes in several pieces", size="1,024"),
        "a line of … bytes comes in several pieces",
    ),
]


@pytest.mark.parametrize(("one", "other", "common"), ALIKE)
def test_alike(one: Message, other: Message, common: str) -> None:
    """Nicknames, numbers, quoted text, and what stands in the student's source make no difference, and are left open."""
    ours, theirs = sentence(one), sentence(other)
    assert ours.fixed == theirs.fixed
    assert str(ours.meet(theirs)) == str(theirs.meet(ours)) == common


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (never("mira"), times("mira", 2)),
        (crashed("KeyError: 'mira'", 40), crashed("IndexError: 'mira'", 40)),
        (crashed("OSError: [Errno 9] Bad file descriptor", 4), crashed("OSError: [Errno 98] Address in use", 4)),
        ("set PORT to 65433, which all clients call", "set HOST to 65433, which all clients call"),
        (instead("mira", "[mira] copper lantern 41"), instead("mira", "mira: copper lantern 41")),
        (instead("mira", "a  b"), instead("mira", "a b")),
        (instead("mira", "mira has joined."), instead("mira", "mira joined!")),
        (instead("mira", "otto: \ufffd copper 4"), instead("mira", "otto \ufffd copper 4")),
        (instead("mira", "otto says copper 4"), instead("mira", "otto copper 4")),
    ],
)
def test_different(one: str, other: str) -> None:
    """What happened, which error it was, and in which form a line came do make a difference."""
    assert sentence(one).fixed != sentence(other).fixed


def test_what_all_say_stays() -> None:
    """What could vary and does not is told."""
    said = sentence(Message('send "{word}" to {nick} (line {line})', word="DONE", nick="mira", line=31))
    assert str(said.meet(said)) == 'send "DONE" to somebody (line 31)'


def test_our_own_fixed_words_are_no_nicknames() -> None:
    """A nickname in a line is a word of its own."""
    assert str(sentence(form_of("the adapter of miranda, ada's"))) == "the adapter of miranda, somebody's"


@pytest.mark.parametrize("name", ["nick", "nick2", "speaker_nick"])
def test_a_nickname_is_known_by_the_name_of_its_value(name: str) -> None:
    """Whatever she is called; a value of another name is shown."""
    assert (
        str(sentence(Message(f"{{{name}}} hears {{nickel}}", **{name: "x", "nickel": "mira"}))) == "somebody hears mira"
    )


@fuzz
@given(ANYTHING, ANYTHING)
def test_meeting_is_fair(one: str, other: str) -> None:
    """Whatever two sentences of a kind say, their meeting does not depend on which comes first, and is of their kind."""
    makers: tuple[Callable[[str], Message], ...] = (ended, lambda said: instead("mira", said))
    for maker in makers:
        ours, theirs = sentence(maker(one)), sentence(maker(other))
        if ours.fixed == theirs.fixed:
            met = ours.meet(theirs)
            assert met == theirs.meet(ours) == met.meet(ours)
            assert met.fixed == ours.fixed


@fuzz
@given(ANYTHING)
def test_what_a_line_is_parted_into_is_the_line(line: str) -> None:
    """A line whose form is looked for reads as it came."""
    assert form_of(line) == line


@pytest.mark.parametrize("text", ["'a" * 10**6, '"' * 10**6, "x" * 10**7, "mira " * 10**6, "00 " * 10**6, "0" * 10**6])
def test_long_texts_are_looked_at_in_part(text: str) -> None:
    """Of a text without end only the two ends are looked at, and of a value the beginning."""
    for made in (f"it got {text} (line 3)", Message("it got {line} (line 3)", line=text), instead("mira", text)):
        said = sentence(made)
        assert sum(map(len, said.pieces)) < 5000
        assert " got " in str(said)[:13]
        assert said.fixed[-1].endswith((")", "instead"))


def test_long_pieces_are_shortened() -> None:
    """What varies is shown in part when it is long."""
    shown = str(sentence(Message('it got "{line}"', line="z" * 900)))
    assert len(shown) < 120
    assert shown.endswith(f'{OPEN}z"')


def check_of(said: Failure) -> dict:
    """A failed check, as a report has it."""
    return to_dict(report(failed("task1.broadcast", said)))["tasks"][0]["checks"][0]


def test_a_symptom_is_what_happened_and_what_was_seen_and_the_hint():
    """All three must be alike, but for the line in which a program waits."""
    hint = "print what recv() gives"
    one = Symptom.of(check_of(failure(observed=Message("it got '{line}'", line="a"), hint=hint)))
    waiting = failure(observed=Message("it got '{line}'", line="b"), hint=hint)
    other = Symptom.of(check_of(waiting.and_cause(Cause.WAITS, line=3, source="x = input()")))
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
