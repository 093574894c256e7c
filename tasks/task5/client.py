"""What a client must do with frames: send what is typed in one, and show what comes; at the end, client and server together."""

from __future__ import annotations

from functools import partial

from grader.api import Message, check, frame, in_hex, joined
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.task5.dialects import look_how_client_reads
from tasks.task5.framings import dialect_of
from tasks.task5.payloads import ODD, filled, frame_of, nearest, wrong_inside
from tasks.task5.server import frames


@check(ids.CLIENT_FRAMES, points=2, runs="client")
def client_frames(room: ChatRoom) -> None:
    """Each line typed arrives as one right frame.

    Does: starts the client on a terminal, answers what it asks, and types lines: beyond ASCII, of 700 characters, with several
    blanks in a row, an empty one. The nickname and each line must arrive as a frame of exactly that many bytes, once. For the
    empty line an empty one may come, or none.

    Why: the length counts bytes, and an ü has two of them.

    Mistakes:
    - len(text) in place of len(text.encode()) -> the last bytes are taken for the next header
    - the newline is still sent -> it is taken for a header as well

    Codelab: section 4 (advanced option) and section 5, Task 5
    """
    user = room.user()
    user.arrives()
    user.require_connection()
    _sends_frame(room, user.name.encode(), "the nickname", first=True)
    user.has_joined_at_once()
    words = room.words
    for text in (
        words.text(), f"{ODD} {words.text()}", f"{'so ' * 230}{words.text()}", f"a  b   c {words.text()}", "", words.text()
    ):  # fmt: skip
        user.types(text)
        if text:
            _sends_frame(room, text.encode(), "the line typed")


@check(ids.CLIENT_SHOWS, points=1, runs="client")
def client_shows(room: ChatRoom) -> None:
    """Frames split and merged are shown right.

    Does: sends a frame a few bytes at a time, then five frames at once, one and a half and then the rest, and a long one; every
    message must stand on the screen, whole, once, in order, and under its speaker's name.

    Why: recv() gives pieces of a stream, here as with lines.

    Mistakes:
    - recv(4) and recv(n) without a loop -> the header is read from the middle of a message
    - print(recv(1024)) -> the headers are shown as strange signs

    Codelab: section 4 (advanced option)
    """
    user = room.user_in_chat()
    room.post_mortem = partial(look_how_client_reads, room)
    people = room.words.name(), room.words.name()
    text = room.words.text()
    whole = frame(f"{people[1]}: {text}".encode())
    user.gets(*(whole[start : start + 3] for start in range(0, len(whole), 3)))
    hint = "read exactly four bytes, then exactly as many as they say, in a loop for both; then print the payload"
    user.sees(text, hint)
    texts = [room.words.text() for _ in range(5)]
    user.is_told(*((people[number % 2], one) for number, one in enumerate(texts)))
    for one in texts:
        user.sees(one, hint)
    texts = [room.words.text() for _ in range(2)]
    both = b"".join(frame(f"{name}: {one}".encode()) for name, one in zip(people, texts, strict=True))
    user.gets(both[:-9], both[-9:])
    for one in texts:
        user.sees(one, hint)
    user.is_told((people[0], " ".join(room.words.text(2) for _ in range(100))))


@check("task5.client-large", points=1, runs="client")
def client_large(room: ChatRoom) -> None:
    """A 1 MiB frame and a binary frame do not end the client.

    Does: sends a message of 1 MiB, a payload of all byte values, and then a plain message, which must be shown.

    Why: others may send what cannot be shown; the chat goes on.

    Mistakes:
    - payload.decode() -> UnicodeDecodeError ends the listener: use errors='replace'
    - recv(n) is believed to give n bytes -> the rest of the large message is taken for headers

    Codelab: section 5, Task 5
    """
    user = room.user_in_chat()
    room.post_mortem = partial(look_how_client_reads, room)
    name = room.words.name()
    user.terminal.skim(2 << 20)
    user.gets(frame(f"{name}: ".encode() + filled(1 << 20, f" {room.words.text()}".encode())), frame(bytes(range(256))))
    user.is_told((name, text := room.words.text()))
    user.sees(text, "collect the whole payload in a loop, and decode it with errors='replace'")


@check("task5.together", points=1, runs="both", needs=(frames, client_frames, client_shows))
def together(room: ChatRoom) -> None:
    """Two of the student's clients and server chat.

    Does: the server in one terminal, a client in each of two others; both type, both read.

    Why: this is the chat, in frames.

    Mistakes:
    - server and client frame differently -> each works with itself only

    Codelab: section 5, Task 5
    """
    room.two_users_chat()


def _sends_frame(room: ChatRoom, payload: bytes, what: str, *, first: bool = False) -> None:
    """Exactly this payload arrives at our host, in a right frame."""
    guest = room.guest
    assert guest is not None, "somebody is connected"
    ending = room.wait(lambda: any(line.raw == payload for line in guest.lines))
    if not ending and (not first or guest.lines[0].raw == payload):
        return
    near = nearest(guest.lines, payload)
    observed: str
    dialect = dialect_of(guest.stream, [payload])
    inside = wrong_inside(near.raw, [payload]) if near else ""
    if near and (inside or not dialect):
        observed, cure = _got(frame_of(near.raw)), inside
    elif dialect:
        at = guest.stream.rfind(payload)
        observed, cure = joined(dialect.name, _got(in_hex(guest.stream[max(at - 8, 0) :])), by=": "), dialect.cure
    else:
        observed, cure = _got(in_hex(guest.stream[-40:])) if guest.stream else "it got nothing", ""
    room.fail(
        f"{what} was not sent as a frame",
        expected=Message("the server gets {frame}", frame=frame_of(payload)),
        observed=observed,
        hint=cure or "send struct.pack('!I', len(data)) + data, with data = text.encode()",
        ending=None if cure else ending,
        event=near.event if near else guest.record_unfinished() if guest.tail else None,
        mark="not as it was typed",
        blocks=not guest.lines,  # no frame at all
    )


def _got(came: str) -> Message:
    return Message("it got {came}", came=came)


CHECKS = [client_frames, client_shows, client_large, together]
