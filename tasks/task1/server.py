"""What a server must do for people to meet."""

from __future__ import annotations

from grader.api import Message, check
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom

MESSAGES_IN_ORDER, MESSAGES_AT_ONCE = 300, 60
CROWD, ROUNDS = 30, 3


@check(ids.LISTENS, points=2)
def listens(room: ChatRoom) -> None:
    """The server starts with `python3 simple_chat_server.py`, needs no input, accepts on its port and stays up.

    Does: starts the program with nothing to type, waits until it listens on port 65433, connects to 127.0.0.1 and sends a
    nickname. A server on another port or address fails here only; the other checks then use the one it has.

    Why: everybody in the classroom must be able to start your server and reach it where the clients look for it.

    Mistakes:
    - the accept loop runs in a daemon thread and the main thread ends -> the program ends at once, with status 0
    - input() asks for a port or an address -> EOFError, because nobody types
    - another PORT than 65433 -> clients say "Connection refused"
    - bind() without listen() -> it runs, but listens on no port

    Codelab: section 3
    """
    room.require_usual_port()
    visitor = room.arrive_at("127.0.0.1", "the server listens on another address only: HOST should be '0.0.0.0'")
    room.rest()
    if room.ended():
        room.fail(
            "the server ended when its first client came",
            expected="the server stays up when a client connects",
            observed=Message("{nick} connected and sent a nickname", nick=visitor.name),
        )
    if not room.taken_in(visitor.peer):
        room.fail(
            "the server never read its first client's nickname",
            expected="the server accepts a client and reads the nickname",
            observed="it listens, but the nickname stays unread",
            hint="the server must call accept(), and recv() on what accept() gives",
            ending=room.wait(lambda: False),
        )


@check("task1.lan", points=1, needs=listens)
def lan(room: ChatRoom) -> None:
    """The server can be reached on an address other than 127.0.0.1.

    Does: connects to another address of the same machine (10.0.0.9 in the private network of the check).

    Why: the other machines of the classroom reach the server by its address in the local network.

    Mistakes:
    - HOST = '127.0.0.1' or 'localhost' in the server -> chat works on one machine, and is refused from all others

    Codelab: section 3 (HOST) and section 6
    """
    visitor = room.arrive_from_elsewhere()
    room.rest()
    if visitor.peer.ended and not room.ended():
        room.fail(
            "the server hung up on a client from the local network",
            expected=Message("a client that calls {address} is served", address=room.lan_address),
            observed=f"the connection was {visitor.peer.ended}",
            hint="serve whoever connects, from whatever address",
        )


@check(ids.JOIN, points=3, needs=listens)
def join(room: ChatRoom) -> None:
    """The join notice reaches everyone else, once, and not the joiner.

    Does: three people join one after the other, the last under a name of several words with blanks around it; those who are
    in must get `SERVER: <name> has joined the chat.` once, the one who joins must not get it about herself.

    Why: people want to see who is there; hearing of oneself is noise.

    Mistakes:
    - broadcast() without the sender's connection to leave out -> the joiner is told of herself
    - the notice both where the name is read and where the client is added -> it comes twice
    - other words, such as "has joined the chat!" without `SERVER:` -> clients cannot tell it from chat

    Codelab: section 3
    """
    ada, bob = room.join(2)
    name = f"{room.words.name().capitalize()} {room.words.name()} {room.words.name()}"
    cyd = room.join_one(name, f"  {name} \n".encode())
    for newcomer, others in ((bob, [ada]), (cyd, [ada, bob])):
        for other in others:
            other.hears_once(room.joined(newcomer), "tell all the others, once, when the nickname has come")
        notice = room.joined(newcomer)
        room.expect_nothing(
            newcomer.peer,
            notice.accepts,
            "about herself joining",
            "leave the newcomer out when you announce her to the others",
        )


@check(ids.BROADCAST, points=4, needs=listens)
def broadcast(room: ChatRoom) -> None:
    """A message reaches everyone else as `<name>: <text>`, once, and does not come back to its sender.

    Does: three people; two of them say something in turn, one of them with odd signs in it. Both others must get the line
    once and unchanged, the sender never.

    Why: this is the chat. An echo would show every line twice on the screen of the one who typed it.

    Mistakes:
    - the loop over the clients does not skip the sender -> the sender gets her own line back
    - the text without the name, or the name in brackets -> nobody knows who spoke, or clients cannot tell the name
    - two loops over the clients -> everybody gets each line twice

    Codelab: section 3
    """
    people = room.join(3)
    odd = f"100% <b>{{x}}</b> & \\n a:b  'two  blanks' {room.words.text()}"
    for speaker, text in zip(people, (room.words.text(), odd), strict=False):
        speaker.says(text)
        for other in people:
            if other is not speaker:
                other.hears_exactly(speaker, text, "send `<name>: <text>` to every client but the sender, once")
        speaker.hears_nothing_of(
            text, "broadcast() sends to every client, the sender too: skip the sender's connection"
        )


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


@check("task1.unicode", points=1, needs=listens)
def beyond_ascii(room: ChatRoom) -> None:
    """Names and texts beyond ASCII (accents, CJK, emoji, right-to-left) arrive unchanged.

    Does: people with such names join and say such texts; another one must get both as they were sent.

    Why: the wire carries UTF-8; a chat is for everybody's language.

    Mistakes:
    - encode('ascii') or decode('latin-1') -> other letters turn into question marks or wrong signs
    - print() to a terminal of another encoding -> UnicodeEncodeError ends the client's thread

    Codelab: sections 3 and 4
    """
    [ada] = room.join(1)
    samples = (
        ("é", "déjà vu, naïve, Ærøskøbing"),
        ("李", "網路聊天 漢字 かな"),
        ("🦉", "🎉👩‍💻 ✓"),
        ("ש", "שלום עולם مرحبا"),
    )
    for addition, sample in samples:
        speaker = room.join_one(room.words.name() + addition)
        room.settle()
        speaker.says(text := f"{sample} {room.words.text()}")
        ada.hears_from(speaker, text, "decode what you receive and encode what you send as UTF-8, names too")


@check("task1.blank-name", points=1, needs=listens)
def blank_name(room: ChatRoom) -> None:
    """An empty nickname gets a non-empty stand-in, and the server goes on.

    Does: two clients send an empty line, and blanks only, as their nickname, and then say something; the line must come
    under some name.

    Why: `: hello` does not tell who spoke.

    Mistakes:
    - strip() without a stand-in for what is empty then -> lines that begin with a colon
    - the client is refused without a word -> it seems to be in, but nobody hears it

    Codelab: section 3
    """
    ada, bob = room.join(2)
    for blank in (b"\n", b"   \n"):
        nameless = Member(room, room.connect("(blank)"), "")
        nameless.sends(blank)
        room.rest()
        nameless.says(text := room.words.text())
        line = room.said("", text)
        named = line._replace(
            text=f"<some name>: {text}",
            accepts=lambda got, text=text: (
                got.rstrip().endswith(text) and any(map(str.isalnum, got.rstrip()[: -len(text)]))
            ),  # type: ignore[misc]
        )
        room.expect(
            [(bob.peer, named)],
            "if the stripped nickname is empty, use something else: the address, for example",
            consequence_of=ids.BROADCAST,
        )
    ada.says(text := room.words.text())
    bob.hears_from(ada, text)


@check("task1.restart", points=1, needs=listens)
def restart(room: ChatRoom) -> None:
    """Stopped with clients connected, the server starts again at once on the same port.

    Does: kills the server while somebody is connected, and starts it again.

    Why: after the server is stopped, the system keeps its port for a minute unless SO_REUSEADDR is set before bind().

    Mistakes:
    - no setsockopt(SOL_SOCKET, SO_REUSEADDR, 1), or only after bind() -> "Address already in use" for a minute

    Codelab: section 6 (Address already in use)
    """
    room.join(1)
    room.restart("set SO_REUSEADDR on the listening socket before bind()")
    room.join(1)


CHECKS = [
    listens, lan, join, broadcast, order, concurrent, leave, leave_by_word, beyond_ascii, blank_name, restart,
]  # fmt: skip
