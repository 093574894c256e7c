"""How a broken rule of the chat is told, and to which check it belongs: whose matter it is, wherever it was seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from grader.api import Failure, Message
from tasks import ids
from tasks.chat.faults import Fault, Matter, Violation
from tasks.chat.history import Going, Way

_SKIP_HER = "broadcast() sends to every client, the sender too: skip the sender's connection"
_ONCE = "each line must be passed on once: look for two places, or two threads, that send it"
_NAME = "send `<name>: <text>`, with the present name of the client that sent the text, for every single line"
_LEAVE = "announce a leave when that client's own connection has ended, once, under the name that it has then"
_JOIN = "announce a join once, when the nickname of that client has come, to all the others"
_RENAME = "announce a new name once, to the others, as the old and the new name of the client that asked for it"


class _Telling(NamedTuple):
    """Whose matter a fault is, and its sentences; in these, {nick} is the hearer's name."""

    owner: str
    summary: str
    expected: str
    hint: str
    mark: str = "should not have come"


_SAID = '{nick} gets what {from_nick} said under the name "{from_nick}", once'
_TELLINGS = {
    Fault.ECHO: _Telling(
        ids.BROADCAST, "{nick} got her own message back", "{nick} does not get what she said herself", _SKIP_HER
    ),
    Fault.AGAIN: _Telling(ids.BROADCAST, "a message came again", '{nick} gets "{text}" once', _ONCE, "again"),
    Fault.OVER_AND_OVER: _Telling(
        ids.BROADCAST, "a message came over and over", '{nick} gets "{text}" once', _ONCE, "again"
    ),
    Fault.NAMELESS: _Telling(ids.BROADCAST, "a message came without a name", _SAID, _NAME, "without her name"),
    Fault.UNDER_ANOTHER_NAME: _Telling(
        ids.BROADCAST, "a message came under somebody else's name", _SAID, _NAME, "under another name"
    ),
    Fault.UNDER_OLD_NAME: _Telling(
        ids.NEW_NAME_USED,
        "a message came under an old name",
        _SAID,
        "use the name that the client has now for each line: it may have changed",
        "under the old name",
    ),
    Fault.NEVER_SAID: _Telling(
        ids.BROADCAST,
        "a message came that nobody said",
        "{nick} gets only what {from_nick} said, unchanged",
        "pass on each line as it came, under its sender's name, and nothing else in that form",
    ),
    Fault.CHANGED: _Telling(
        ids.BROADCAST,
        "a message came with another text",
        '{nick} gets "{text}" from {from_nick}',
        "pass on each line as it came, under its sender's name: nothing cut off, added or replaced",
        "not what was said",
    ),
    Fault.MIXED: _Telling(
        ids.BROADCAST,
        "what was said came in another form, or mixed with something else",
        _SAID,
        "send each line by itself, unchanged, with the sender's name before it",
        "not as it was said",
    ),
    Fault.LOST: _Telling(
        ids.BROADCAST,
        "{nick} never got a message",
        '{nick} gets "{text}" from {from_nick}',
        "every line must reach everybody else who is in, whatever it says",
        "never reached {nick}",
    ),
    Fault.ORDER: _Telling(
        ids.ORDER,
        "messages overtook each other",
        "{nick} gets {from_nick}'s lines in the order in which they were said",
        "let one thread handle all lines of a client, one after the other",
        "too early or too late",
    ),
    Fault.JOINED_AGAIN: _Telling(ids.JOIN, "a join was announced again", "{nick} is told of it once", _JOIN, "again"),
    Fault.NEVER_JOINED: _Telling(
        ids.JOIN, "a join was announced that never was", 'nobody called "{name}" has just come', _JOIN
    ),
    Fault.OWN_JOIN: _Telling(
        ids.JOIN, "{nick} was told that she herself came", "{nick} is not told of her own join", _JOIN
    ),
    Fault.JOIN_UNTOLD: _Telling(
        ids.JOIN, "{nick} was never told who came", '{nick} is told that "{name}" came', _JOIN, "never told {nick}"
    ),
    Fault.LEFT_AGAIN: _Telling(
        ids.LEAVE, "a leave was announced again", '{nick} is told once that "{name}" left', _LEAVE, "again"
    ),
    Fault.NEVER_LEFT: _Telling(
        ids.LEAVE, "a leave was announced of somebody who did not go", 'nobody called "{name}" has gone', _LEAVE
    ),
    Fault.NAMELESS_LEFT: _Telling(
        ids.BEFORE_NAME,
        "a leave was announced of somebody who was never in",
        "{nick} is told nothing of a client that has sent no nickname",
        "announce a leave only of those who had joined",
    ),
    Fault.LEFT_UNDER_OLD_NAME: _Telling(
        ids.LEAVES_WITH_NEW_NAME,
        "a leave was announced under an old name",
        '{nick} is told that "{now}" left',
        "use the present name in the leave notice, not the one from the join",
        "under the old name",
    ),
    Fault.LEAVE_UNTOLD: _Telling(
        ids.LEAVE, "{nick} was never told who left", '{nick} is told that "{name}" left', _LEAVE, "never told {nick}"
    ),
    Fault.RENAMED_AGAIN: _Telling(
        ids.ANNOUNCE, "a new name was announced again", "{nick} is told of it once", _RENAME, "again"
    ),
    Fault.NEVER_RENAMED: _Telling(
        ids.ANNOUNCE, "a new name was announced that is not so", "what is told of names is true", _RENAME
    ),
    Fault.RENAME_UNTOLD: _Telling(
        ids.ANNOUNCE,
        "{nick} was never told of a new name",
        '{nick} is told that somebody is now "{name}"',
        _RENAME,
        "never told {nick}",
    ),
    Fault.COMMAND_RELAYED: _Telling(
        ids.NOT_CHAT,
        "a command was passed on as chat",
        '{nick} does not get "{text}"',
        "do not relay the line of a command: continue with the next line",
    ),
    Fault.EXIT_RELAYED: _Telling(
        ids.EXIT,
        "the word to leave by was passed on as chat",
        '{nick} does not get "{text}"',
        "look for EXIT before you relay the line",
    ),
    Fault.DONE_UNASKED: _Telling(
        ids.EXIT,
        "{nick} got an answer to EXIT for which she had not asked",
        "only the client that sends EXIT is answered, once",
        "send DONE to the connection that sent EXIT only: other clients end when they get it",
    ),
}
_FALSE_MESSAGES = {Fault.UNDER_ANOTHER_NAME, Fault.NEVER_SAID, Fault.OVER_AND_OVER}
_MATTERS = {
    Matter.JOINS: {Fault.JOINED_AGAIN, Fault.NEVER_JOINED, Fault.OWN_JOIN, Fault.JOIN_UNTOLD},
    Matter.LEAVES: {
        Fault.LEFT_AGAIN, Fault.NEVER_LEFT, Fault.NAMELESS_LEFT, Fault.LEFT_UNDER_OLD_NAME, Fault.LEAVE_UNTOLD,
    },
    Matter.NEW_NAMES: {Fault.RENAMED_AGAIN, Fault.NEVER_RENAMED, Fault.RENAME_UNTOLD},
    Matter.COMMANDS: {Fault.COMMAND_RELAYED, Fault.EXIT_RELAYED, Fault.DONE_UNASKED},
}  # fmt: skip
_OF_WAYS = {  # whose matter it is that a line is sent so
    Way.IN_PIECES: (ids.SPLIT, ids.SPLIT_HEADER),
    Way.MERGED: (ids.MERGED, ids.FRAMES_MERGED),
    Way.WITH_NICKNAME: (ids.NAME_AND_MESSAGE, ids.FRAMES_MERGED),
    Way.AT_ONCE: (ids.ORDER, ids.CONCURRENT, ids.MERGED, ids.SPLIT, ids.FRAMES_MERGED, ids.FRAMES_CONCURRENT),
    Way.BEYOND_ASCII: (ids.UNICODE, ids.SPLIT_UTF8),
    Way.RETURN: (ids.CRLF,),
    Way.LONG: (ids.LONG_LINE, ids.SPLIT, ids.FRAME_SIZES),
    Way.NO_TEXT: (ids.BAD_UTF8, ids.BINARY),
    Way.CONTROLS: (ids.ONLY_NEWLINE, ids.BINARY),
}
_OF_FAULTS = {  # what may have shown it before
    Fault.AGAIN: (ids.ORDER,),
    Fault.OVER_AND_OVER: (ids.ORDER,),
    Fault.NEVER_RENAMED: (ids.RENAMED_AGAIN, ids.ANNOUNCE),
    Fault.RENAMED_AGAIN: (ids.ANNOUNCE,),
    Fault.RENAME_UNTOLD: (ids.ANNOUNCE,),
}


class Blame(NamedTuple):
    """The check that fails by a violation, unless one of some others has failed already."""

    check_id: str
    unless: tuple[str, ...]


def blamed(found: Collection[Violation], check_id: str, proven: Collection[Matter]) -> list[tuple[Blame, Violation]]:
    """The first violation of each kind that was seen in the check with that id, with the check that fails by it."""
    usual = {one.fault for one in found if _is_usual(one)}
    first: dict[tuple[Blame, Fault], Violation] = {}
    for one in found:
        first.setdefault((blame(one, check_id, usual, proven), one.fault), one)
    return [(whose, one) for (whose, _), one in first.items()]


def blame(broken: Violation, check_id: str, usual_faults: Collection[Fault], proven: Collection[Matter]) -> Blame:
    """Whose matter this is, where it was seen in the check with that id.

    What was done in a way that only this check has (in pieces, in one segment, by a reset) is this check's own matter,
    unless the same goes wrong here with what everybody does, or another check has failed by that already.
    """
    fault = broken.fault
    usual = _TELLINGS[fault].owner
    if _comes_of_a_new_name(broken):
        return Blame(ids.ANNOUNCE, ())
    others = {one for one in _OF_FAULTS.get(fault, ()) if _same_task(one, check_id)}
    if check_id.startswith(f"{ids.FRAMED_TASK}."):
        usual = ids.FRAMES_TRUNCATED if matter_of(fault) is Matter.LEAVES else ids.FRAMES
    if usual == ids.LEAVE and broken.person and broken.person.going is Going.EXIT:
        usual, others = ids.EXIT, {ids.LEAVE}
    if fault in usual_faults:
        return Blame(usual, tuple(sorted(others - {usual})))
    others |= {one for one in _of_its_ways(broken) if _same_task(one, check_id)}
    if matter_of(fault) not in proven:
        others.add(usual)
    return Blame(check_id, tuple(sorted(others - {check_id})))


def matter_of(fault: Fault) -> Matter:
    """What a fault is about."""
    return next((matter for matter, faults in _MATTERS.items() if fault in faults), Matter.MESSAGES)


def _same_task(one: str, check_id: str) -> bool:
    """Whether both are about frames, or both about lines."""
    frames = f"{ids.FRAMED_TASK}."
    return one.startswith(frames) is check_id.startswith(frames)


def _of_its_ways(broken: Violation) -> set[str]:
    """The checks whose matter it is that this was done in such a way."""
    person = broken.person or (broken.saying.by if broken.saying else None)
    sayings = [one for one in (broken.saying, person.nickname if person else None) if one]
    sayings += person.namings if person else []
    checks = {check for one in sayings for way in one.ways for check in _OF_WAYS[way]}
    if person and matter_of(broken.fault) is Matter.LEAVES:
        checks |= {ids.RESET} if person.going is Going.RESET else set()
        checks |= set() if person.going_alone else {ids.MASS_DEATH}
    return checks


def _is_usual(broken: Violation) -> bool:
    """Whether what it is about was done as everybody does it."""
    if broken.saying:
        return broken.saying.plain and broken.saying.by.came_as_usual
    if broken.person is None:
        return True
    if matter_of(broken.fault) is Matter.LEAVES:
        return broken.person.went_as_usual
    return broken.person.named_as_usual


def spoils(broken: Violation, check_id: str) -> bool:
    """Whether the check means nothing where this is seen, although it is another one's matter.

    That people say what they never said spoils all that is done with messages; that people go who stay, what is about leaves.
    """
    if broken.fault is Fault.NEVER_LEFT:
        return check_id.startswith("task4.")
    if broken.fault is Fault.NEVER_RENAMED:
        return check_id.startswith("task3.") and broken.saying is None  # a wrong old name is the notice's own fault
    return broken.fault in _FALSE_MESSAGES


def _comes_of_a_new_name(broken: Violation) -> bool:
    """Whether a join or leave that never was came with a new name of that person; a join under her first one did not."""
    person, line = broken.person, broken.line
    if broken.fault not in (Fault.NEVER_LEFT, Fault.NEVER_JOINED, Fault.JOINED_AGAIN) or person is None or line is None:
        return False
    if broken.fault is Fault.JOINED_AGAIN and broken.name == person.sayings[0].name:
        return False
    return any(one.begun < line.event for one in person.namings[1:])


def failure_of(broken: Violation, sent: int | None) -> Failure:
    """How it is told; `sent` is the event to mark where nothing came."""
    telling = _TELLINGS[broken.fault]
    saying = broken.saying
    values = {
        "nick": broken.hearer.label,
        "from_nick": saying.under if saying else broken.name,
        "text": saying.text[:200] if saying else "",
        "name": broken.name,
        "now": broken.person.name if broken.person else "",
    }
    line = broken.line
    observed = Message('{nick} got "{line}"', nick=values["nick"], line=line.text[:400] if line else "")
    return Failure(
        _filled(telling.summary, values),
        _filled(telling.expected, values),
        observed if line else Message("{nick} got nothing like it", nick=values["nick"]),
        "nobody leaves or joins by a new name: the one notice tells it"
        if _comes_of_a_new_name(broken)
        else telling.hint,
        event=line.event if line else sent,
        mark=str(_filled(telling.mark, values)),
        blocks=False,
        spreads=broken.fault is Fault.LOST or broken.fault in _FALSE_MESSAGES,
        recipient="" if line else broken.hearer.label,
    )


def _filled(sentence: str, values: dict[str, str]) -> str:
    """The sentence with the values that it asks for."""
    needed = {name: value for name, value in values.items() if f"{{{name}}}" in sentence}
    return Message(sentence, **needed) if needed else sentence
