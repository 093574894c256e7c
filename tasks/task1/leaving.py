"""What a server must do when somebody leaves."""

from __future__ import annotations

from grader.api import Expected, Message, check
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.namesakes import namesake_of
from tasks.chat.room import ChatRoom
from tasks.task1.server import listens


@check(ids.LEAVE, points=2, needs=listens)
def leave(room: ChatRoom) -> None:
    """A closed connection is announced once, to everyone left.

    Does: one of three people closes the connection; the two others must get `SERVER: <name> has left the chat.` once. Before
    that, nobody says anything until the server's own timeouts of less than ten seconds, if it has any, are over: all must still
    be in. Later somebody comes under a name that is taken, if the server lets her, and goes: the other one must stay.

    Why: recv() returns b'' when the other side has closed: that is the moment to take the client off the list and say so.

    Mistakes:
    - b'' is not taken for the end -> nothing is announced, and the thread loops or hangs
    - both the reading thread and broadcast() announce it -> it comes twice
    - a Lock that is held while the notice is sent and taken again -> the server stops for good
    - a timeout of recv() is taken for the end -> who says nothing for some seconds is thrown out
    - the list is searched by the name -> the wrong one of two people is taken off

    Codelab: section 3
    """
    ada, bob, cyd = room.join(3)
    _silence_is_no_leave(room)
    cyd.closes()
    for other in (ada, bob):
        other.hears_once(
            room.left(cyd, exact=True),
            "when recv() returns b'', take the client off the list and tell the others, once",
        )
    _a_namesake_stays(room)


def _silence_is_no_leave(room: ChatRoom) -> None:
    """Nobody is thrown out for saying nothing, however long the server waits for a line."""
    room.outwait()
    room.rest()
    for one in room.members:
        if one.peer.ended:
            room.fail(
                "somebody who said nothing for a while was thrown out",
                expected=Message("{nick} says nothing, and stays in the chat", nick=one.name),
                observed=Message("the server ended {nick}'s connection ({how})", nick=one.name, how=one.peer.ended),
                hint="that recv() ran into a timeout is no end of the connection: go on waiting, or set no timeout",
                ending=room.wait(lambda: False),
                event=one.peer.ended_at,
                mark="she had done nothing",
            )


def _a_namesake_stays(room: ChatRoom) -> None:
    """Of two people of the same name who hear each other, one leaves: the other one is still in."""
    ada, bob = room.members
    twin = namesake_of(room, ada, bob)
    if not twin:
        return
    twin.says(text := room.words.text())
    if room.wait(lambda: bool(room.said(twin.name, text).among(ada.peer))):
        return  # a matter of task1.broadcast
    room.go_one_by_one([twin])
    room.settle()
    room.still_chats("take the connection that has ended off the list, not whoever bears the same name")


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


def word_works(room: ChatRoom, witness: Member) -> bool:
    """Whether EXIT, in a segment of its own, does all that it should; if not, that is a matter of task1.exit alone."""
    [leaver] = room.join(1)
    _sends_with_the_word(room, leaver, [])
    if room.wait(lambda: bool(room.done().among(leaver.peer)) and bool(leaver.peer.ended)):
        return False
    leaver.peer.close()
    announced = room.await_leave(leaver)
    return announced and not _relayed_word(room, leaver).among(witness.peer)


def leaves_by_word(room: ChatRoom, leaver: Member, lines: list[str], witness: Member) -> None:
    """She sends these lines and EXIT in one segment: the last line is heard, and the word does what it does alone."""
    _sends_with_the_word(room, leaver, lines)
    hint = "look for EXIT in each complete line, one after the other, wherever it stood in what recv() returned"
    witness.hears_from(leaver, lines[-1], hint)
    room.expect([(leaver.peer, room.done())], hint)
    room.wait(lambda: bool(leaver.peer.ended))
    leaver.peer.close()
    room.expect([(witness.peer, room.left(leaver))], hint)
    room.expect_nothing(witness.peer, _relayed_word(room, leaver).accepts, "of the word itself", hint)


def _sends_with_the_word(room: ChatRoom, leaver: Member, lines: list[str]) -> None:
    leaver.gone_since = len(room.transcript) - 1
    room.members = [member for member in room.members if member is not leaver]
    leaver.sends("".join(f"{line}\n" for line in (*lines, room.typed("exit"))).encode())


def _relayed_word(room: ChatRoom, leaver: Member) -> Expected:
    return room.said(leaver.name, room.typed("exit"))._replace(since=leaver.gone_since)
