"""Whether all that somebody's client has shown and sent is explained by what was sent to it and typed into it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from grader.api import CheckFailed, Failure, Message
from tasks import ids
from tasks.chat.arrivals import Arrival, Said
from tasks.chat.sent import Sending, Wrong, wrong_sending
from tasks.chat.shown import Odd, Showing, odd_showings

if TYPE_CHECKING:
    from tasks.chat.user import User

_LONGEST = 5_000  # characters of a text that is looked for on a screen


class Unexplained(NamedTuple):
    """Something that is not true, and the id of the check whose matter it is.

    `false`: somebody seems to say what nobody said, or to say it over and over.
    """

    check_id: str
    failure: Failure
    false: bool = False


def require_explained(user: User, check_id: str) -> None:
    """Raise CheckFailed for the first violation that is this check's matter, and testify to those that are others'.

    Where false messages stand on the screen, a check of what is shown means nothing.
    """
    found = violations_of(user)
    for one in found:
        user.room.testify(one.check_id, one.failure)
    for one in found:
        if one.check_id == check_id:
            raise CheckFailed(one.failure)
        if one.false and check_id in _OF_SHOWING:
            raise CheckFailed(replace(one.failure, consequence_of=one.check_id))


def violations_of(user: User) -> list[Unexplained]:
    """All that her client has shown or sent without a reason, or not shown or sent; none where the host is no program of ours."""
    if user.room.guest is None:
        return []
    try:
        user.room.rest()
    except CheckFailed:  # a flood, or a limit: another matter
        return []
    return [*_shown(user), *_sent(user)]


# -- shown -------------------------------------------------------------------------------------------------------------

_MATTERS = {
    Arrival.ALONE: ids.CLIENT_SHOWS_WHILE_TYPING,
    Arrival.IN_PIECES: ids.CLIENT_SPLIT,
    Arrival.MERGED: ids.CLIENT_MERGED,
}

_OF_SHOWING = {
    ids.CLIENT_SHOWS_WHILE_TYPING, ids.CLIENT_SPLIT, ids.CLIENT_MERGED, ids.CLIENT_SPLIT_UTF8, ids.CLIENT_SHOWS, ids.CLIENT_LARGE,
}  # fmt: skip
_OVER_AND_OVER, _COPIES = 3, {Showing.AGAIN, Showing.IN_PART}

_SHOULD_BE = {
    Showing.AGAIN: 'the message "{text}" stands on {nick}\'s screen once',
    Showing.IN_PART: 'the message "{text}" stands on {nick}\'s screen once, whole',
    Showing.SOMEBODY_ELSES: '"{text}" stands there as a message of {speaker_nick}',
    Showing.NAMELESS: '"{text}" stands there as a message of {speaker_nick}',
    Showing.INVENTED: "{nick} sees what the others say, and nothing else as theirs",
    Showing.AS_OWN: '"{text}" stands there as a message of {speaker_nick}, and of nobody else',
    Showing.DISORDER: "messages stand there in the order in which they came",
}
_SHOW_HINTS = {
    Showing.AGAIN: "print each line that comes once: look for a second print() of it, and empty the buffer of what was printed",
    Showing.IN_PART: "print a line when its newline has come, and not before",
    Showing.SOMEBODY_ELSES: "print the line as it comes: the server has put the speaker's name before it",
    Showing.NAMELESS: "print the line as it comes: the server has put the speaker's name before it",
    Showing.INVENTED: "print what comes from the server, as it comes, and empty the buffer of what was printed",
    Showing.AS_OWN: "print the line as it comes: the server has put the speaker's name before it",
    Showing.DISORDER: "print the lines one by one, in the order in which they stand in what recv() gave",
}


_NEVER_FOR_HOW_IT_CAME = {Showing.SOMEBODY_ELSES, Showing.NAMELESS}


def _shown(user: User) -> Iterator[Unexplained]:
    said = [_on_screen(one) for one in user.messages() if one not in user.disturbed]
    yield from _wiped(user, said)
    odd_ones = list(odd_showings(said, user.terminal.standing(), user.terminal.printed(), user.name))
    false_ones = _false(odd_ones)
    anyway = {odd.showing for odd in odd_ones if odd.about.arrival is Arrival.ALONE} | _NEVER_FOR_HOW_IT_CAME
    for odd in odd_ones:
        about = odd.about._replace(arrival=Arrival.ALONE) if odd.showing in anyway else odd.about
        yield Unexplained(_matter(user, about), _showing(user, odd), odd in false_ones)
    lost = [one for one in said if not _is_shown(user, one)]
    # Who loses what comes alone, or together, loses also what comes in pieces behind it: one matter.
    causes = [cause for cause in (Arrival.ALONE, Arrival.MERGED) if cause in {one.arrival for one in lost}]
    for one in lost:
        yield Unexplained(_matter(user, one._replace(arrival=[*causes, one.arrival][0])), _not_shown(user, one))


def _false(odd_ones: list[Odd]) -> list[Odd]:
    """Those by which somebody seems to say what nobody said, or to say it over and over."""
    copies = Counter(odd.about for odd in odd_ones if odd.showing in _COPIES for _ in odd.lines)
    wrong_names = any(odd.showing is Showing.SOMEBODY_ELSES for odd in odd_ones)
    invented = [odd for odd in odd_ones if odd.showing is Showing.INVENTED and not wrong_names]
    return invented + [odd for odd in odd_ones if odd.showing is Showing.AS_OWN or copies[odd.about] >= _OVER_AND_OVER]


def _on_screen(one: Said) -> Said:
    return one._replace(text=unicodedata.normalize("NFC", one.text[:_LONGEST].strip()))


def _matter(user: User, one: Said) -> str:
    return ids.CLIENT_SHOWS if user.room.framed else _MATTERS[one.arrival]


def _showing(user: User, odd: Odd) -> Failure:
    speaker, text, event, _ = odd.about
    lines = " and ".join(f'"{line}"' for line in odd.lines[:3])
    return Failure(
        odd.showing.value,
        Message(_SHOULD_BE[odd.showing], text=text, speaker_nick=speaker, nick=user.name),
        Message("on her screen stands {shown}", shown=lines),
        _SHOW_HINTS[odd.showing],
        where=user.room.sources.line_that_calls("recv", "recv_into", "readline", "read"),
        event=event,
        mark="not shown like this",
    )


def _wiped(user: User, said: list[Said]) -> Iterator[Unexplained]:
    """The first message that came alone, where all were shown for no time at all."""
    alone = [one for one in said if one.arrival is Arrival.ALONE and user.shows(one.text)]
    if alone and not user.could_read_something():
        yield Unexplained(_matter(user, alone[0]), _not_left_standing(user, alone[0]), false=True)


def _not_left_standing(user: User, one: Said) -> Failure:
    return Failure(
        "what is shown is wiped at once",
        Message('"{text}" stands on {nick}\'s screen until she has read it', text=one.text, nick=user.name),
        Message("no message was left there when the program was at rest"),
        "print each message on a line that stays",
        where=user.room.sources.line_that_calls("recv", "recv_into", "readline", "read"),
        event=one.event,
        mark="wiped",
    )


def _is_shown(user: User, one: Said) -> bool:
    """Whether a message is on her screen; none is awaited there once her client has ended."""
    if len(one.text) == _LONGEST or not one.text:
        return True
    ending = user.room.wait(lambda: user.program.ended() or user.shows(one.text))
    return not ending


def _not_shown(user: User, one: Said) -> Failure:
    begins = one.text[:12]
    parts = [line for line in user.terminal.lines() if begins in line]
    seen = Message('only this is: "{line}"', line=parts[-1]) if parts else Message("it is not")
    return Failure(
        "the end of a message is lost" if parts else "a message is never shown",
        Message('"{text}" is shown to {nick}, whole', text=one.text, nick=user.name),
        seen,
        "print all of the line, however long it is: collect what recv() gives until its newline has come",
        where=user.room.sources.line_that_calls("recv", "recv_into", "readline", "read"),
        event=one.event,
        mark="not shown whole" if parts else "never shown",
        recipient="" if parts else user.name,
    )


# -- sent --------------------------------------------------------------------------------------------------------------

_SEND_HINTS = {
    Sending.NAME_AGAIN: "send the nickname once, as the first line; the server knows from then on who speaks",
    Sending.TWICE: "send each line that was typed once: look for a second sendall()",
    Sending.CHANGED: "send what was typed, as it is, and with a newline after it",
    Sending.NOT_TYPED: "send what was typed, and nothing else",
    Sending.NEVER: "send each line that was typed, whatever stands in it, at once and in the order of typing",
}


def _sent(user: User) -> Iterator[Unexplained]:
    framed = user.room.framed

    def wrong() -> Wrong | None:
        return wrong_sending(user.typed, user.name, user.came())

    found = wrong()
    if found and found.sending is Sending.NEVER and not found.came:
        user.room.wait(lambda: user.program.ended() or bool(user.guest.ended) or not wrong())
        if user.program.ended() or user.guest.ended:
            return
        found = wrong()
    if found:
        name_again = found.sending is Sending.NAME_AGAIN
        matter = ids.CLIENT_CONNECTS if name_again else ids.CLIENT_SENDS
        yield Unexplained(ids.CLIENT_FRAMES if framed else matter, _sending(user, found))


def _sending(user: User, wrong: Wrong) -> Failure:
    expected = Message('the server gets "{text}" once', text=wrong.typed)
    if wrong.sending is Sending.NOT_TYPED:
        expected = Message("the server gets the lines that {nick} types, and no other", nick=user.name)
    came = wrong.number >= 0
    event = (
        user.guest.lines[min(wrong.number, len(user.guest.lines) - 1)].event
        if came
        else user.room.transcript.last_sent(wrong.typed, or_any=True)
    )
    return Failure(
        wrong.sending.value,
        expected,
        Message('it got "{line}"', line=wrong.came) if came else Message('it never got "{text}"', text=wrong.typed),
        _SEND_HINTS[wrong.sending],
        event=event,
        mark="not as it was typed" if came else "never sent",
        blocks=False,
    )
