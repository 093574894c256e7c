"""What a server must do when much is said: everything, in order, whoever else talks."""

from __future__ import annotations

from grader.api import Message, check
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.task1.server import listens

MESSAGES_IN_ORDER, MESSAGES_AT_ONCE = 300, 60
CROWD, ROUNDS = 30, 3


@check("task1.order", points=2, needs=listens)
def order(room: ChatRoom) -> None:
    """300 messages from one sender arrive whole, in order, none twice.

    Does: one person says 300 lines, each when the one before has been read; then 60 lines at once. The listener must have
    each of the 300 exactly once, and all that came in the order in which it was said.

    Why: TCP keeps the order of bytes; only the program itself can lose it, mostly by handing lines to several threads.

    Mistakes:
    - a thread, or a task of a pool, for each message -> messages overtake each other
    - a history or a queue with a small limit -> messages after the limit are lost
    - resending when it seems that a message was lost -> some come twice

    Codelab: section 3
    """
    ada, bob = room.join(2)
    texts = [room.words.text() for _ in range(MESSAGES_IN_ORDER)]
    lines = [room.said(ada.name, text) for text in texts]
    for text, line in zip(texts, lines, strict=True):
        ada.says(text)
        room.wait(lambda line=line: bool(line.among(bob.peer)) or room.taken_in(ada.peer))  # type: ignore[misc]
    room.expect([(bob.peer, line) for line in lines], "every line must be passed on: no limit, no line left out")
    at_once = [room.words.text() for _ in range(MESSAGES_AT_ONCE)]
    with room.server_paused():
        for text in at_once:
            ada.says(text)
    room.settle()
    _in_order(room, bob, ada, texts + at_once)


def _in_order(room: ChatRoom, hearer: Member, speaker: Member, texts: list[str]) -> None:
    """What came of these texts came in this order, and none twice."""
    latest = -1
    for text in texts:
        came = room.said(speaker.name, text).among(hearer.peer)
        if len(came) > 1:
            room.fail(
                "a message came twice",
                expected=Message('{nick} gets "{text}" once', nick=hearer.name, text=text),
                observed=Message("{nick} got it {count} times", nick=hearer.name, count=len(came)),
                hint="each line must be passed on once",
                event=came[1].event,
                mark="again",
            )
        if came and came[0].event < latest:
            in_order = "{nick} gets {from_nick}'s lines in the order in which they were said"
            too_early = '{nick} got "{line}" before a line that was said earlier'
            room.fail(
                "messages overtook each other",
                expected=Message(in_order, nick=hearer.name, from_nick=speaker.name),
                observed=Message(too_early, nick=hearer.name, line=came[0].text),
                hint="let one thread handle all lines of a client, one after the other",
                event=came[0].event,
                mark="too early",
            )
        latest = max([latest, *(line.event for line in came)])


@check("task1.concurrent", points=4, needs=listens)
def concurrent(room: ChatRoom) -> None:
    """One connection that never names itself and 30 clients that all talk at once: everyone hears all others, whole.

    Does: somebody connects and sends nothing. Then 30 people join and, three times, all say a line in the same instant.

    Why: the server must never wait for one client while others have something to say; and lines of two speakers must not
    be torn into each other.

    Mistakes:
    - the nickname is read in the accept loop -> one silent connection keeps everybody else out
    - no thread per client, or accept() after a client is done -> only one client is served
    - the list of clients is changed while another thread loops over it -> somebody misses a line

    Codelab: sections 1 and 3
    """
    room.connect("silent")
    people = room.join(CROWD)
    for _ in range(ROUNDS):
        said = [(speaker, room.words.text()) for speaker in people]
        with room.server_paused():
            for speaker, text in said:
                speaker.says(text)
        room.expect(
            [
                (one.peer, room.said(speaker.name, text))
                for speaker, text in said
                for one in people
                if one is not speaker
            ],
            "everyone who is in must get every line of all others, also when all speak at once",
        )
