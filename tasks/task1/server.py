"""What a server must do for people to meet: be there, let them in, and pass on what they say."""

from __future__ import annotations

from grader.api import Message, check
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.namesakes import form_shown, namesake_of
from tasks.chat.oddities import odd_names, odd_texts
from tasks.chat.pace import require_not_held_back
from tasks.chat.room import ChatRoom

_ALL_ADDRESSES = "serve whoever connects, from whatever address"


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

    Does: connects to another address of the same machine (10.0.0.9 in the private network of the check), and sends a nickname.
    If two people at 127.0.0.1 hear each other, she and they must, too.

    Why: the other machines of the classroom reach the server by its address in the local network.

    Mistakes:
    - HOST = '127.0.0.1' or 'localhost' in the server -> chat works on one machine, and is refused from all others
    - only addresses that are known are listened to -> whoever calls from elsewhere is in, and nobody hears her

    Codelab: section 3 (HOST) and section 6
    """
    visitor = room.arrive_from_elsewhere()
    room.rest()
    if visitor.peer.ended and not room.ended():
        room.fail(
            "the server hung up on a client from the local network",
            expected=Message("a client that calls {address} is served", address=room.lan_address),
            observed=f"the connection was {visitor.peer.ended}",
            hint=_ALL_ADDRESSES,
        )
    if not room.taken_in(visitor.peer):
        room.fail(
            "the server never read the nickname of a client from the local network",
            expected=Message("a client that calls {address} is served", address=room.lan_address),
            observed="it accepts her, but her nickname stays unread",
            hint=_ALL_ADDRESSES,
            ending=room.wait(lambda: False),
        )
    _chats_with_others(room, visitor)


def _chats_with_others(room: ChatRoom, visitor: Member) -> None:
    """If two people at this machine hear each other, they and the visitor do."""
    here = []
    for _ in range(2):
        here.append(room.arrive())
        room.rest()
    here[0].says(text := room.words.text())
    usual = room.said(here[0].name, text)
    if room.wait(lambda: bool(usual.among(here[1].peer))):
        return  # a matter of other checks
    room.expect([(visitor.peer, usual)], _ALL_ADDRESSES)
    visitor.says(text := room.words.text())
    room.expect([(here[1].peer, room.said(visitor.name, text))], _ALL_ADDRESSES)


@check(ids.JOIN, points=3, needs=listens)
def join(room: ChatRoom) -> None:
    """The join notice reaches everyone else, once, and not the joiner.

    Does: people join one after the other, one under a name of several words with blanks around it, others under a letter, a
    number, and names with signs in them; those who are in must get `SERVER: <name> has joined the chat.` once, the one who joins
    must not get it about herself.

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
    for name in odd_names(room.words.random):
        ada.hears_once(room.joined(room.join_one(name)), "a nickname may be any text: announce it as it was sent")


@check(ids.BROADCAST, points=4, needs=listens)
def broadcast(room: ChatRoom) -> None:
    """A message reaches everyone else as `<name>: <text>`, once, and does not come back to its sender.

    Does: three people; two of them say something in turn, then lines of every shape: a letter, a number, signs only, a name, one
    that looks like a message, long ones, the same twice. Both others must get each line once and unchanged, the sender never.
    Then somebody comes under a name that is taken, if the server lets her in under it:
    the two who bear it must hear each other.

    Why: this is the chat. An echo would show every line twice on the screen of the one who typed it.

    Mistakes:
    - the loop over the clients does not skip the sender -> the sender gets her own line back
    - the text without the name, or the name in brackets -> nobody knows who spoke, or clients cannot tell the name
    - two loops over the clients -> everybody gets each line twice
    - the sender is left out by her name -> two people of the same name do not hear each other
    - time.sleep() before, or for, each message -> the chat gets slower the more is said

    Codelab: section 3
    """
    people = room.join(3)
    pause = require_not_held_back(room, *people[:2])
    for speaker in people[:2]:
        speaker.says(text := room.words.text())
        for other in people:
            if other is not speaker:
                other.hears_exactly(speaker, text, "send `<name>: <text>` to every client but the sender, once")
        speaker.hears_nothing_of(
            text, "broadcast() sends to every client, the sender too: skip the sender's connection"
        )
    odd = f"100% <b>{{x}}</b> & \\n a:b  'two  blanks' {room.words.text()}"
    texts = (odd, *odd_texts(room.words.random, people[2].name))
    if pause * 4 * len(texts) > room.setup.patience.asleep:  # fewer, so that time is left for her twin
        texts = texts[: int(room.setup.patience.asleep / 4 / pause)]
    for speaker, other in (people[:2], people[1::-1]):
        for text in texts:
            speaker.says(text)
            other.hears_in_form(speaker, text, "pass on every line, whatever it says")
    twin = namesake_of(room, people[0], people[1])
    if twin:
        for speaker, hearer in ((people[0], twin), (twin, people[0])):
            speaker.says(text := room.words.text())
            hearer.hears_in_form(
                speaker, text, "leave out the connection that the line came from, not everybody of that name"
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
    form = form_shown(room, ada, bob)
    for blank in (b"\n", b"   \n"):
        nameless = Member(room, room.connect("(blank)"), "")
        nameless.sends(blank)
        room.rest()
        nameless.says(text := room.words.text())
        line = room.said("", text)
        named = line._replace(
            text=f"<some name>: {text}",
            accepts=lambda got, text=text: (  # type: ignore[misc]
                got.rstrip().endswith(text) and any(map(str.isalnum, form.name_in(got.rstrip()[: -len(text)])))
            ),
        )
        room.expect(
            [(bob.peer, named)],
            "if the stripped nickname is empty, use something else: the address, for example",
            consequence_of="" if form.named else ids.BROADCAST,
        )
    ada.says(text := room.words.text())
    bob.hears_from(ada, text)


@check("task1.restart", points=1, needs=listens)
def restart(room: ChatRoom) -> None:
    """Stopped with clients connected, the server starts again at once on the same port.

    Does: kills the server while somebody is connected, and starts it again; it must be on the port that it had.

    Why: after the server is stopped, the system keeps its port for a minute unless SO_REUSEADDR is set before bind().

    Mistakes:
    - no setsockopt(SOL_SOCKET, SO_REUSEADDR, 1), or only after bind() -> "Address already in use" for a minute
    - another port is taken where that happens -> nobody finds the server there

    Codelab: section 6 (Address already in use)
    """
    room.join(1)
    room.restart("set SO_REUSEADDR on the listening socket before bind()")
    room.join(1)
