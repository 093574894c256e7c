"""Programs of different students together: somebody at one's client chats with somebody else on another's server.

That somebody else is no program of a student's, but speaks on the wire as the codelab has it. So what goes wrong is between
these two programs; and who gets along with a server by this measure gets along there with all others who do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from grader.api import CheckFailed, Expected, Message, Pairing, Stage, check, check_of
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.chat.user import User
from tasks.wording import FILES, FRAMED

_TWICE = range(2)  # whoever takes turns with the others is found out by the second message in a row


@check(ids.MEET_IN_LINES, points=0, runs="pair")
def in_lines(room: ChatRoom) -> None:
    """Somebody at one student's client and somebody else chat on another student's server."""
    _meet(room)


@check(ids.MEET_IN_FRAMES, points=0, runs="pair")
def in_frames(room: ChatRoom) -> None:
    """The same with the programs of Task 5."""
    _meet(room)


def _meet(room: ChatRoom) -> None:
    with _stage("serves"):
        room.open("both")
        other = room.join_from_elsewhere()
        room.notes.append(f"{other.name} is at another machine, whoever else there is at the client")
    with _stage("joins"):
        user = room.user_in_chat()
    with _stage("hears"):
        for _ in _TWICE:
            other.says(text := room.words.text())
            hint = "{nick} has sent it; the server should pass it on, and the client show it at once"
            user.sees(text, Message(hint, nick=other.name))
    with _stage("is heard"):
        for _ in _TWICE:
            user.types(text := room.words.text())
            _hears_of(room, other, text, Message("{nick} has typed it", nick=user.name))
    with _stage("leaves"):
        _leave(room, user, other)


def _hears_of(room: ChatRoom, hearer: Member, text: str, hint: str) -> None:
    """The text reaches her whole, in whatever form."""
    room.expect([(hearer.peer, Expected(text, lambda line: text in line, keyed=False))], hint)


def _leave(room: ChatRoom, user: User, other: Member) -> None:
    user.says_goodbye()
    word = room.typed("exit")
    room.expect([(other.peer, room.left(user))], Message("{nick} has typed {word}", nick=user.name, word=word))
    ending = room.wait(user.program.ended)
    if ending:
        room.fail(
            Message("the client goes on after {word}", word=word),
            expected=Message("the program ends when {word} is typed", word=word),
            observed="it still runs",
            ending=ending,
        )


@contextlib.contextmanager
def _stage(name: str) -> Iterator[None]:
    """What fails here fails at this stage, whatever other checks there are for it."""
    try:
        yield
    except CheckFailed as failed:
        raise CheckFailed(replace(failed.failure, step=name, consequence_of="")) from failed


_LINES = (
    Stage("serves", "the server does not serve a client at another machine", {}),
    Stage(
        "joins",
        "the client does not get into the chat",
        {"client": (ids.CLIENT_CONNECTS,), "server": (ids.LISTENS, ids.JOIN)},
    ),
    Stage(
        "hears",
        "the client's user does not see what others say",
        {"client": (ids.CLIENT_SHOWS_WHILE_TYPING, ids.CLIENT_CONNECTS), "server": (ids.BROADCAST,)},
    ),
    Stage(
        "is heard",
        "others do not get what the client's user says",
        {"client": (ids.CLIENT_SENDS,), "server": (ids.BROADCAST,)},
    ),
    Stage(
        "leaves",
        "leaving goes wrong",
        {"client": (ids.CLIENT_EXIT,), "server": (ids.EXIT, ids.LEAVE)},
        chat=False,
    ),
)
_IN_FRAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "joins": {"client": (ids.CLIENT_FRAMES,), "server": (ids.FRAMES,)},
    "hears": {"client": (ids.CLIENT_SHOWS, ids.CLIENT_FRAMES), "server": (ids.FRAMES,)},
    "is heard": {"client": (ids.CLIENT_FRAMES,), "server": (ids.FRAMES,)},
}
_REFERENCE = Path(__file__).resolve().parent.parent / "reference"  # it is installed beside us, and need not be loaded

PAIRINGS = (
    Pairing(
        "Lines", check_of(in_lines), "client", "server", _LINES,
        {role: _REFERENCE / FILES[role] for role in ("client", "server")},
    ),
    Pairing(
        "Frames (Task 5)", check_of(in_frames), FRAMED + "client", FRAMED + "server",
        tuple(replace(stage, explained_by=_IN_FRAMES.get(stage.name, {})) for stage in _LINES),
        {FRAMED + role: _REFERENCE / FILES[FRAMED + role] for role in ("client", "server")},
    ),
)  # fmt: skip
