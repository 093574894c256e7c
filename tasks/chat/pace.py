"""How soon a server passes on what is said: one that sleeps for up to a second is right, and is asked for fewer lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.api import SLEEPS, Expected, Message, OutOfPatience

if TYPE_CHECKING:
    from tasks.chat.member import Member
    from tasks.chat.room import ChatRoom

HELD_BACK = 1.2  # seconds of sleep before a message is passed on; a second is right
_TRIED = 5  # lines at once that show the pace: who batches sends them together
_SHARE = 0.5  # of the time that is left, so that a sleep that takes a little longer makes no difference
_SLEEPS = r"sleep\(|wait\(|timeout"


def require_not_held_back(room: ChatRoom, speaker: Member, hearer: Member) -> float:
    """How long the server sleeps before it passes a message on, in seconds. Raises CheckFailed if for more than one."""
    asleep = room.asleep
    speaker.says(text := room.words.text())
    hearer.hears_from(speaker, text, "send `<name>: <text>` to every client but the sender, once")
    slept = room.asleep - asleep
    if slept > HELD_BACK:
        speaker.says(room.words.text())
        room.rest()
        room.fail(
            "the server sleeps before it passes a message on",
            expected=Message("{nick} gets what {from_nick} says at once", nick=hearer.name, from_nick=speaker.name),
            observed=Message("the server slept for about {seconds} seconds first", seconds=f"{slept:.0f}"),
            hint="pass each line on as soon as it is there: no sleep(), and no timeout, is needed on its way",
            event=room.transcript.last_sent(text),
            mark="this line was held back",
            where=room.where_it_is(room.server, _SLEEPS),
            step=SLEEPS.step,
        )
    return slept


def affordable(room: ChatRoom, speaker: Member, hearer: Member, most: int, least: int = 0) -> int:
    """How many lines, of `most`, the server passes on in the time for which a check waits while it sleeps.

    Raises OutOfPatience if these are fewer than `least`, or, without it, than `most`.
    """
    for says, waits in ((_in_turn, 1), (_at_once, _TRIED)):
        asleep = room.asleep
        _await(room, hearer, says(room, speaker))
        pace = (room.asleep - asleep) / waits
        left = room.setup.patience.asleep - room.asleep
        if pace * most <= left:
            return most
    if pace * (least or most) > left:
        raise OutOfPatience(f"at its pace, {least or most} lines take the server too long")
    return max(least, int(_SHARE * left / pace))


def _await(room: ChatRoom, hearer: Member, lines: list[Expected]) -> None:
    room.wait(lambda: all(line.among(hearer.peer) for line in lines))


def _in_turn(room: ChatRoom, speaker: Member) -> list[Expected]:
    """Two lines, the second when the first has been read: some servers sleep between lines only, so that just one waits."""
    texts = [room.words.text() for _ in range(2)]
    speaker.sends_in_pieces(room.encode(text.encode()) for text in texts)
    return [room.said(speaker.name, text) for text in texts]


def _at_once(room: ChatRoom, speaker: Member) -> list[Expected]:
    """Some lines at once: who collects what it sends passes them on together."""
    texts = [room.words.text() for _ in range(_TRIED)]
    with room.server_paused():
        for text in texts:
            speaker.says(text)
    return [room.said(speaker.name, text) for text in texts]
