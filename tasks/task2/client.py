"""What a client must do with the bytes that it reads: each message on a line of its own."""

from __future__ import annotations

from itertools import pairwise

from grader.api import Message, check
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.chat.user import User
from tasks.task1.client import client_connects


@check(ids.CLIENT_SPLIT, points=2, needs=client_connects, runs="client")
def client_split(room: ChatRoom) -> None:
    """A message that comes in pieces is shown as one line.

    Does: sends a message as it is, and another in five pieces, each when the client has read the one before; then one and a half
    messages, and then the rest. Each must be shown once, under its speaker's name.

    Why: TCP keeps bytes in order, not messages together: one recv() may give half a line, or a line and half of the next one.

    Mistakes:
    - print(data.decode()) of whatever recv() gave -> a message is torn over several lines
    - the buffer is emptied when a newline is in it -> what stood behind the newline is lost
    - the buffer is not emptied -> the first half is shown again

    Codelab: section 4
    """
    user = room.user_in_chat()
    ada, bob = room.words.name(), room.words.name()
    user.is_told((bob, room.words.text()))
    text = room.words.text(4)
    line = f"{ada}: {text}\n".encode()
    user.gets(
        *(line[start:end] for start, end in pairwise((0, 4, len(line) // 2, len(line) - 8, len(line) - 1, len(line))))
    )
    user.sees(text, _COLLECT, consequence_of=ids.CLIENT_SHOWS_WHILE_TYPING)
    texts = room.words.text(), room.words.text(4)
    whole, other = (f"{name}: {text}\n".encode() for name, text in zip((bob, ada), texts, strict=True))
    user.gets(whole + other[: len(other) // 2], other[len(other) // 2 :])
    for text in texts:
        if room.wait(lambda text=text: user.terminal.shows(text)) and not _takes_two_at_once(room, user):  # type: ignore[misc]
            return
        user.sees(text, _COLLECT, consequence_of=ids.CLIENT_SHOWS_WHILE_TYPING)


_COLLECT = "collect what recv() gives in a buffer, and print a line when its newline has come, not each piece"


def _takes_two_at_once(room: ChatRoom, user: User) -> bool:
    """Whether two whole messages in a segment are shown: if not, those that are not whole are the same matter."""
    texts = room.words.text(), room.words.text()
    user.is_told(*((room.words.name(), text) for text in texts))
    return not room.wait(lambda: all(map(user.terminal.shows, texts)))


@check(ids.CLIENT_MERGED, points=1, needs=client_connects, runs="client")
def client_merged(room: ChatRoom) -> None:
    """Ten messages in one segment are shown as ten lines.

    Does: sends a line, and then ten of two people at once; each must stand in a line of its own on the screen, in order, once.

    Why: one recv() may give several lines, and a half one.

    Mistakes:
    - only the first line of what recv() gave is printed -> the others are lost, or appear with the next message
    - the newlines are removed -> all messages run together in one line

    Codelab: section 4
    """
    user = room.user_in_chat()
    people = room.words.name(), room.words.name()
    user.is_told((people[1], room.words.text()))
    texts = [room.words.text() for _ in range(10)]
    user.is_told(*zip(people * 5, texts, strict=True))
    hint = "one recv() may give several lines: print each of them on a line of its own"
    for text in texts:
        user.sees(text, hint, consequence_of=ids.CLIENT_SHOWS_WHILE_TYPING)
    joined = [line for line in user.terminal.lines() if sum(text in line for text in texts) > 1]
    alone = [text for text in texts if any(text in line and line not in joined for line in user.terminal.lines())]
    if joined and len(alone) < len(texts):
        room.fail(
            "several messages are shown in one line",
            expected="ten lines on the screen, one for each message",
            observed=Message('on the screen stands "{line}"', line=joined[0]),
            hint=hint,
            event=room.transcript.last_sent(texts[-1].split()[-1]),
            mark="shown in one line",
        )


@check("task2.client-split-utf8", points=1, needs=client_connects, runs="client")
def client_split_utf8(room: ChatRoom) -> None:
    """A character split over two segments is shown, and the client lives on.

    Does: sends messages with characters of two, three and four bytes, cut in the middle of the character; then a plain one.

    Why: outside ASCII a character has several bytes, and a segment may end between them.

    Mistakes:
    - recv(1024).decode() -> UnicodeDecodeError ends the listener: "Connection lost", or silence
    - decode(errors='ignore') of each piece -> the character is lost

    Codelab: section 4
    """
    user = room.user_in_chat()
    hint = "decode whole lines: collect the bytes of what recv() gives, and decode a line when its newline has come"
    for character in ("é", "漢", "🎉"):
        head, tail = f"{room.words.name()}: {room.words.text(2)} ", f" {room.words.text(2)}\n"
        encoded = character.encode()
        user.gets(head.encode() + encoded[:1], encoded[1:] + tail.encode())
        user.sees(character, hint, ids.CLIENT_SHOWS_WHILE_TYPING, around=head + tail)
    user.is_told((room.words.name(), text := room.words.text()))
    user.sees(text, hint, consequence_of=ids.CLIENT_SHOWS_WHILE_TYPING)


CHECKS = [client_split, client_merged, client_split_utf8]
