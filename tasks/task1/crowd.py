"""What a server must do when much is said: everything, in order, whoever else talks."""

from __future__ import annotations

from grader.api import Message, check
from tasks.chat.member import Member
from tasks.chat.pace import affordable
from tasks.chat.room import ChatRoom
from tasks.task1.server import listens

MESSAGES_IN_ORDER, MESSAGES_AT_ONCE = 300, 60
FEWEST_IN_ORDER, FEWEST_AT_ONCE = 30, 6  # of a server that paces them
CROWD, ROUNDS = 30, 3
LONG, PART, LETTERS = 200_000, 20, "JQX"  # bytes of a line that is one letter over and over
SMALL = 65_536  # bytes
TRIES = 3  # whether a line is torn is left to chance


@check("task1.order", points=2, needs=listens)
def order(room: ChatRoom) -> None:
    """300 messages from one sender arrive whole, in order, none twice.

    Does: one person says 300 lines, each when the one before has been read; then 60 lines at once. The listener must have
    each of the 300 exactly once, and all that came in the order in which it was said. A server that sleeps between lines
    is given fewer.

    Why: TCP keeps the order of bytes; only the program itself can lose it, mostly by handing lines to several threads.

    Mistakes:
    - a thread, or a task of a pool, for each message -> messages overtake each other
    - a history or a queue with a small limit -> messages after the limit are lost
    - resending when it seems that a message was lost -> some come twice

    Codelab: section 3
    """
    ada, bob = room.join(2)
    most, fewest = MESSAGES_IN_ORDER + MESSAGES_AT_ONCE, FEWEST_IN_ORDER + FEWEST_AT_ONCE
    count = affordable(room, ada, bob, most, fewest)
    texts = [room.words.text() for _ in range(count * MESSAGES_IN_ORDER // most)]
    lines = [room.said(ada.name, text) for text in texts]
    for text, line in zip(texts, lines, strict=True):
        ada.says(text)
        room.wait(lambda line=line: bool(line.among(bob.peer)) or room.taken_in(ada.peer))  # type: ignore[misc]
    room.expect([(bob.peer, line) for line in lines], "every line must be passed on: no limit, no line left out")
    at_once = [room.words.text() for _ in range(count - len(texts))]
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

    Does: somebody connects and sends nothing. Then three people say a line of 200,000 bytes, while one who hears them reads
    nothing for a moment. Then there are 30 people and, three times, all say a line in the same instant.

    Why: the server must never wait for one client while others have something to say; and lines of two speakers must not
    be torn into each other.

    Mistakes:
    - the nickname is read in the accept loop -> one silent connection keeps everybody else out
    - no thread per client, or accept() after a client is done -> only one client is served
    - the list of clients is changed while another thread loops over it -> somebody misses a line
    - two threads send to the same client without a lock -> a long line is torn by another one in its middle

    Codelab: sections 1 and 3
    """
    room.shrink_send_buffers()
    room.connect("silent")
    people = _hear_long_lines(room)
    people += room.join(CROWD - len(people))
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


def _hear_long_lines(room: ChatRoom) -> list[Member]:
    """Three people say a long line at once: none may be torn. Returns those who have heard all; the others are another matter."""
    people = room.join(len(LETTERS) + 1)
    people[-1].peer.set_receive_buffer(SMALL)  # so that a long line takes many steps
    for _ in range(TRIES):
        people = _hear_long_lines_once(room, people)
        if len(people) <= len(LETTERS):
            break
    return people


def _hear_long_lines_once(room: ChatRoom, people: list[Member]) -> list[Member]:
    hearer = people[-1]
    said = [(speaker, f"{letter * LONG} {room.words.text()}") for speaker, letter in zip(people, LETTERS, strict=False)]
    with room.paused_reading(hearer.peer):
        for speaker, text in said:
            speaker.says(text)
            room.rest()  # each is read by itself: what is torn then was torn on the way out

    def hears_all(one: Member) -> bool:
        return all(room.said(by.name, text).among(one.peer) for by, text in said if by is not one)

    room.wait(lambda: all(hears_all(one) or bool(one.peer.ended) for one in people))
    for one in people:
        _nothing_torn(room, one)
    return [one for one in people if hears_all(one) and not one.peer.ended]


def _nothing_torn(room: ChatRoom, hearer: Member) -> None:
    """No line holds parts of two long ones, both of which came to the last byte: what is lost is a matter of task2.long-line."""
    letters = [letter for letter in LETTERS if sum(line.text.count(letter) for line in hearer.peer.lines) >= LONG]
    for line in hearer.peer.lines:
        if sum(letter * PART in line.text for letter in letters) > 1:
            room.fail(
                "long lines of two speakers were torn into each other",
                expected=Message("{nick} gets each line of {size} bytes whole", nick=hearer.name, size=f"{LONG:,}"),
                observed=Message("{nick} got a line that holds parts of two of them", nick=hearer.name),
                hint="sendall() may wait in the middle of a long line, so only one thread at a time may send to a client: "
                "use a lock, or a queue, for each client",
                event=line.event,
                mark="two in one",
            )
