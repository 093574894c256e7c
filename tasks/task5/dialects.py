"""In which way a program frames what it reads, found by trying. It serves explanations alone; no verdict rests on it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

from grader.api import Failure, Message, OpenAnew, in_hex, joined, source_matches
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.task5.framings import HEADED, LINES, NO_HEADER, RIGHT, TWO_BYTES, Dialect
from tasks.wording import FRAMED, MAKES_HEADERS

_TRIED = (RIGHT, LINES, *HEADED[1:])  # a server of lines takes a frame with a newline after it for a line


def cure_of_reader(who: str, way: Dialect) -> str:
    """What is wrong with how a program (`server`, `client`) reads, and what to do."""
    found = f"the {who} still reads lines" if way is LINES else f"in what the {who} reads, {way.name}"
    return f"{found}: {way.cure_of_reader}"


def read_by_server(
    room: ChatRoom, tried: tuple[Dialect, ...] = _TRIED, *, surely: bool = False
) -> tuple[Dialect | None, bytes]:
    """The first of these ways in which a message gets through the server of a framed room, and the message as it was sent.

    The likeliest are waited for until nothing more can come; with `surely`, all.
    """
    for way in tried:
        if not room.ended() and (sent := _gets_through(room, way, surely=surely or way in (RIGHT, LINES))):
            return way, sent
    return None, b""


def _gets_through(room: ChatRoom, way: Dialect, *, surely: bool = False) -> bytes:
    """The message that one more person said so and another one heard; with `surely`, that there is none is proved.

    The two stay in the chat: a leave is one more thing that could go wrong.
    """
    speaker, hearer = [room.arrive(name, way.encode(name.encode())) for name in (room.words.name(), room.words.name())]
    room.rest()
    text = room.words.text().encode()
    speaker.sends(sent := way.encode("é ".encode() + text))

    def is_heard() -> bool:
        return text in hearer.peer.stream

    (room.wait if surely else room.rest)(is_heard)
    return sent if is_heard() else b""


def look_how_client_reads(room: ChatRoom, failure: Failure, open_anew: OpenAnew) -> Failure:
    """The failure of a client that does not show frames, with the way in which it shows a message sent to it."""
    way, sent = _read_by_client(room.setup.files["client"], open_anew)
    if way is None:
        return failure
    if way is RIGHT:
        return replace(failure, hint=joined("a single frame that comes whole is shown", failure.hint))
    shown = "but it shows a line"
    if way is not LINES:
        shown = Message("but it shows a message that is sent so: {bytes}", bytes=in_hex(sent, most=12))
    return replace(failure.and_seen(shown), hint=cure_of_reader("client", way), cause=None)


def _read_by_client(client: Path, open_anew: OpenAnew) -> tuple[Dialect | None, bytes]:
    """The first way in which a message is shown, and the message as it was sent: each is tried on a client of its own."""
    # Who shows what has no header shows anything; who reads two bytes shows short right frames, too, after an empty one.
    sent = _shown_by_client(client, open_anew, NO_HEADER)
    ways = (RIGHT,) if sent else (TWO_BYTES, *_TRIED)
    shown = ((way, _shown_by_client(client, open_anew, way)) for way in ways)
    return next((one for one in shown if one[1]), (None, b""))


def _shown_by_client(client: Path, open_anew: OpenAnew, way: Dialect) -> bytes:
    """A message as it was sent in this way, if the client shows it."""
    with _in_frames(open_anew, "client", client) as room:
        room.await_client()
        user = room.user()
        user.arrives()
        if room.guest is None:
            return b""
        text = room.words.text()
        room.acted()
        room.guest.send(sent := way.encode(f"{room.words.name()}: é {text}".encode()))
        room.rest(lambda: user.terminal.shows(text))
        return sent if user.terminal.shows(text) else b""


@contextlib.contextmanager
def _in_frames(open_anew: OpenAnew, role: str, program: Path) -> Iterator[ChatRoom]:
    """A room in which this program plays the role in frames."""
    with open_anew(ids.FRAMES, {FRAMED + role: program}) as room:
        yield cast(ChatRoom, room)


# -- a program in frames under a usual name ----------------------------------------------------------------------------


def look_for_frames(room: ChatRoom, failure: Failure, open_anew: OpenAnew) -> Failure:
    """The failure in a task about lines: if the program speaks frames, this is said once, and explains all others."""
    if room.users and room.guest:
        sent = _frame_at_start(room)
        if sent:
            seen = Message("the nickname comes in a frame: {bytes}", bytes=in_hex(sent))
            return _of_task_5(room, failure, "client", seen, ids.CLIENT_CONNECTS)
    elif room.peers and not any(peer.lines for peer in room.peers):
        sent = _frame_passed_on(room.setup.files["server"], open_anew)
        if sent:
            seen = Message("it passes on no line, but this frame: {bytes}", bytes=in_hex(sent))
            return _of_task_5(room, failure, "server", seen, ids.BROADCAST)
    return failure


def _of_task_5(room: ChatRoom, failure: Failure, role: str, observed: str, told_by: str) -> Failure:
    """The failure of a program that was handed in for the wrong task; `told_by` is the check that tells it."""
    usual, framed = room.setup.names[role], room.setup.names[FRAMED + role]
    return replace(
        failure,
        summary=f"the {role} speaks in frames, not in lines",
        expected=f"the {role} of Tasks 1 to 4 reads and sends lines: each message ends with a newline",
        observed=observed,
        hint=Message(
            "this is the {role} of Task 5: hand it in as {framed}, and the one that speaks in lines as {usual}",
            role=Message.of(role),
            framed=framed,
            usual=usual,
        ),
        where=None,
        kind=None,
        cause=None,
        blocks=True,  # a header that holds a 10 would pass for the end of a line now and then
        consequence_of=told_by,
    )


def _frame_at_start(room: ChatRoom) -> bytes:
    """What the client sent first, if it is a nickname with its length before it."""
    guest = room.guest
    assert guest is not None, "somebody is connected"
    came = b"\n".join([*(line.raw for line in guest.lines), guest.tail])
    frames = (way.encode(user.name.encode()) for user in room.users for way in HEADED)
    return next((data for data in frames if came.startswith(data)), b"")


def _frame_passed_on(server: Path, open_anew: OpenAnew) -> bytes:
    """A frame that the server passes on, if it passes on no line."""
    if not source_matches(server, MAKES_HEADERS):
        return b""
    with _in_frames(open_anew, "server", server) as room:
        room.start()
        if _gets_through(room, LINES, surely=True):
            return b""
        _, sent = read_by_server(room, HEADED, surely=True)  # else who sends late is told another thing now and then
        return sent
