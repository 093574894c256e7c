"""What a server must do when somebody leaves."""

from __future__ import annotations

from grader.api import Message, check
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.task1.server import listens


@check(ids.LEAVE, points=2, needs=listens)
def leave(room: ChatRoom) -> None:
    """A closed connection is announced once, to everyone left.

    Does: one of three people closes the connection; the two others must get `SERVER: <name> has left the chat.` once.

    Why: recv() returns b'' when the other side has closed: that is the moment to take the client off the list and say so.

    Mistakes:
    - b'' is not taken for the end -> nothing is announced, and the thread loops or hangs
    - both the reading thread and broadcast() announce it -> it comes twice
    - a Lock that is held while the notice is sent and taken again -> the server stops for good

    Codelab: section 3
    """
    ada, bob, cyd = room.join(3)
    cyd.closes()
    for other in (ada, bob):
        other.hears_once(
            room.left(cyd, exact=True),
            "when recv() returns b'', take the client off the list and tell the others, once",
        )


@check(ids.EXIT, points=2, needs=listens)
def leave_by_word(room: ChatRoom) -> None:
    """`EXIT`, `exit` and ` Exit ` are answered with `DONE`, the connection closed, the leave announced; the word is no chat.

    Does: three people leave in turn, each by one of these words; before that each says lines that only begin with it or hold
    it.

    Why: a client that says good-bye wants to know that the server has understood before it closes.

    Mistakes:
    - the word is compared as it came -> `exit` and ` Exit ` are relayed as chat: use strip().upper()
    - DONE is sent but the connection stays open -> the client waits for its end for ever
    - the line is relayed before it is looked at -> everyone reads `<name>: EXIT`
    - DONE is broadcast -> everybody's client takes it for the answer, and ends

    Codelab: section 3
    """
    ada, bob = room.join(2)
    word, done = room.typed("exit"), room.done()
    alone = f'only a line that is "{word}" and nothing else is the command; others are chat'
    for typed in (word.upper(), word.lower(), f" {word.capitalize()} "):
        [leaver] = room.join(1)
        for start in (typed.strip(), f"the {typed.strip()}"):
            leaver.says(text := f"{start} {room.words.text()}")
            ada.hears_from(leaver, text, alone)
        leaver.gone_since = len(room.transcript) - 1
        room.members.remove(leaver)
        leaver.says(typed)
        room.expect([(leaver.peer, done)], f'compare line.strip().upper() with "{word}", and answer "{done.text}"')
        ending = room.wait(lambda leaver=leaver: bool(leaver.peer.ended))  # type: ignore[misc]
        if ending:
            room.fail(
                "the connection stays open after EXIT",
                expected=Message(
                    "the server closes {nick}'s connection after {done}", nick=leaver.name, done=done.text
                ),
                observed="it is still open, and the server has nothing more to do",
                hint="leave the reading loop after DONE, and close the connection there",
                ending=ending,
            )
        leaver.peer.close()  # as a client does that sees the end
        ada.hears_once(
            room.left(leaver), "whoever leaves by EXIT has left too: tell the others, once", consequence_of=ids.LEAVE
        )
        for other in (ada, bob):
            room.expect_nothing(
                other.peer,
                room.said(leaver.name, typed.strip()).accepts,
                Message('of the word "{word}"', word=typed.strip()),
                "look for EXIT before you relay the line",
                since=leaver.gone_since,
            )
            room.expect_nothing(
                other.peer,
                done.accepts,
                Message("of {done}, which is for {nick} alone", done=done.text, nick=leaver.name),
                f"send {done.text} to the connection that sent EXIT only: other clients end when they get it",
                since=leaver.gone_since,
            )
