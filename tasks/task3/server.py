"""What a server must do with `/name <new>`."""

from __future__ import annotations

import re
from dataclasses import replace

from grader.api import CheckFailed, Expected, Message, check, without_numbers
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.namesakes import form_shown
from tasks.chat.oddities import odd_names
from tasks.chat.room import ChatRoom
from tasks.lines import names
from tasks.task1.server import listens
from tasks.task3.told import NewNames, renames, takes_effect

_REBIND = (
    "the name that messages are built with must change too: assign it where the chat line is made, not only in the list"
)
_EACH_LINE = "look for the command in each complete line, not in what recv() returned"


@check("task3.announce", points=6, needs=listens)
def announce(room: ChatRoom) -> None:
    """`/name <new>`: everyone else gets `SERVER: <old> is now <new>`, once.

    Does: one of three people renames herself; the two others must get the notice once. She may get it or not. Then she speaks:
    where the notice is wrong but she has the new name, the other checks are judged by the names of messages.

    Why: without the notice nobody knows who the new name is.

    Mistakes:
    - the line is relayed like any other -> others read `<old>: /name <new>` and nothing changes
    - the name is changed before the notice is made -> `SERVER: <new> is now <new>`
    - the notice goes to the sender only -> the others never learn of it

    Codelab: section 5, Task 3
    """
    ada, bob, cyd = room.join(3)
    notice = room.renamed(ada.name, new := room.words.name().capitalize())
    since = len(room.transcript)
    renames(room, ada, new)
    room.wait(lambda: all(notice.among(other.peer) for other in (bob, cyd)))
    known = _knows_the_command(room, ada, (bob, cyd), since)
    try:
        for other in (bob, cyd):
            other.hears_once(notice, "when a line begins with `/name `, change the name and tell everyone else, once")
    except CheckFailed as failed:
        raise CheckFailed(replace(failed.failure, blocks=not known)) from None


def _knows_the_command(room: ChatRoom, renamed: Member, others: tuple[Member, ...], since: int) -> bool:
    """Whether anything came of the command but a chat line: she speaks under the new name, or somebody was told it."""
    command = room.typed("rename", new=renamed.name)
    told = [line.text for one in (renamed, *others) for line in room.lines_since(one, since)]
    renamed.says(text := room.words.text())
    room.wait(lambda: any(line.text.rstrip().endswith(text) for line in others[0].peer.lines))
    if any(line.text.rstrip().endswith(text) and names(line.text, renamed.name) for line in others[0].peer.lines):
        return True
    return any(names(line, renamed.name) for line in told) and not any(command in line for line in told)


@check("task3.new-name-used", points=5, needs=(listens, announce))
def new_name_used(room: ChatRoom) -> None:
    """The next message carries the new name.

    Does: somebody renames herself and speaks; the line must come under the new name.

    Why: this is what the command is for.

    Mistakes:
    - the new name goes into the list of clients, but the thread builds its lines from a variable set at the join -> the old name

    Codelab: section 5, Task 3
    """
    ada, bob = room.join(2)
    old = ada.name
    renames(room, ada, room.words.name())
    _heard_under_new_name(room, ada, bob, old)


def _heard_under_new_name(room: ChatRoom, speaker: Member, hearer: Member, old: str) -> None:
    speaker.says(text := room.words.text())
    under_any_name = [room.said(speaker.name, text), room.said(old, text)]
    room.wait(lambda: any(line.among(hearer.peer) for line in under_any_name))
    line = room.said(speaker.name, text)
    nameless = any(speaker.name not in got.text for got in line.among(hearer.peer))
    if nameless:
        room.fail(
            "the message came without a name",
            expected=Message('{nick} gets "{line}"', nick=hearer.name, line=line.text),
            observed=Message('{nick} got "{line}"', nick=hearer.name, line=line.among(hearer.peer)[0].text),
            hint=_REBIND,
            event=line.among(hearer.peer)[0].event,
            consequence_of=ids.BROADCAST,
        )
    room.expect([(hearer.peer, line)], _REBIND)


@check("task3.not-chat", points=2, needs=(listens, announce))
def not_chat(room: ChatRoom) -> None:
    """The command itself is nobody's chat line.

    Does: somebody renames herself; nobody else may read the command.

    Why: a command is meant for the server.

    Mistakes:
    - after the command is done the line is relayed all the same -> others read it: continue with the next line instead

    Codelab: section 5, Task 3
    """
    ada, bob, cyd = room.join(3)
    ada.renames(room.words.name())
    command = room.typed("rename", new=ada.name)
    for other in (bob, cyd):
        room.expect_nothing(
            other.peer,
            lambda line: command in line,
            Message('of "{command}"', command=command),
            "do not relay the line of a command: continue with the next line",
        )


@check("task3.again", points=2, needs=(listens, announce))
def again(room: ChatRoom) -> None:
    """A second rename starts from the first new name.

    Does: somebody renames herself again and again, also to a letter, a number, and words with signs in them; each notice must
    name the name before it as the old one. If the server takes such nicknames when people join, two have letters beyond ASCII.
    Where the first notice has other words, the next ones must have these too; where none comes, she speaks under each name.

    Why: the old name is the one that people know her by.

    Mistakes:
    - the notice takes the old name from the nickname of the join -> `SERVER: <first> is now <third>`
    - the new name is looked for with a pattern such as [A-Za-z]+ -> a name with other letters is cut off, or refused

    Codelab: section 5, Task 3
    """
    [bob] = room.join(1)
    ada = room.join_one(room.words.name() + "é")
    beyond_ascii = not room.wait(lambda: bool(room.joined(ada).among(bob.peer)))  # else a matter of task1.unicode
    if not beyond_ascii:
        ada = room.join_one()
    new_names = [room.words.name() + addition * beyond_ascii for addition in ("", "漢", "ß🦉")]
    told = NewNames(room, ada, bob, "the old name in the notice is the one she bears now")
    for name in (*new_names, *odd_names(room.words.random)):
        told.renames(name)


@check("task3.leaves-with-new-name", points=2, needs=(listens, announce))
def leaves_with_new_name(room: ChatRoom) -> None:
    """The leave notice has the new name.

    Does: somebody renames herself, says a line, and closes the connection.

    Why: nobody in the chat knows the old name any more.

    Mistakes:
    - the notice at the end of the thread uses the nickname of the join -> somebody leaves whom nobody knows

    Codelab: section 5, Task 3
    """
    ada, bob = room.join(2)
    old = ada.name
    renames(room, ada, room.words.name())
    new = ada.name
    ada.says(text := room.words.text())
    _comes_under(room, bob, new, text)
    ada.closes()
    room.wait(
        lambda: any(line.event > ada.gone_since and (new in line.text or old in line.text) for line in bob.peer.lines)
    )
    under_old = [
        line for line in room.lines_since(bob, ada.gone_since + 1) if old in line.text and new not in line.text
    ]
    hint = "use the present name in the leave notice, not the one from the join"
    room.expect([(bob.peer, room.left(ada))], hint, consequence_of="" if under_old else ids.LEAVE)


@check("task3.only-mine", points=1, needs=(listens, announce))
def only_mine(room: ChatRoom) -> None:
    """Another client that bears the same old name keeps it.

    Does: two people join under the same nickname, if the server lets them; first the one and then the other renames
    herself, and each time the other one speaks.

    Why: a client is its connection; its name is only what others see.

    Mistakes:
    - the list is searched by the old name -> everybody of that name is renamed, or the wrong one

    Codelab: section 5, Task 3
    """
    ada, bob = room.join(2)
    old = ada.name
    form = form_shown(room, ada, bob)
    twin = room.arrive(old)
    room.rest()
    twin.says(text := room.words.text())
    if twin.peer.ended or _never_comes(room, bob, text):
        return  # the server does not let her in under that name, which is right too
    twins_name = next((form.name_in(prefix) for line in bob.peer.lines if (prefix := _before(text, line.text))), "")
    if not twins_name:
        return  # she is asked for another name, or none is shown: a matter of task1.broadcast
    room.members.append(twin)
    hint = "find the client by its connection, not by its name"
    for renamed, other, others_name in ((twin, ada, old), (ada, twin, twins_name)):
        renames(room, renamed, room.words.name())
        renamed.says(text := room.words.text())
        _comes_under(room, bob, renamed.name, text)
        other.says(text := room.words.text())
        room.expect([(bob.peer, _not_under(renamed.name, room.said(others_name, text), text))], hint)


def _before(text: str, line: str) -> str:
    """What stands before a text at the end of a line."""
    return line.rstrip().removesuffix(text) if line.rstrip().endswith(text) else ""


def _not_under(name: str, line: Expected, text: str) -> Expected:
    """The line under whatever name but this; which name is right is told by other checks."""
    return line._replace(accepts=lambda got: got.rstrip().endswith(text) and name not in got)


@check("task3.no-argument", points=2, needs=(listens, announce))
def no_argument(room: ChatRoom) -> None:
    """`/name` and `/name` with blanks rename nobody, crash nothing, announce nothing.

    Does: somebody sends both and then speaks; the line must come under her name, and no notice of a rename before it. Then
    somebody else speaks to her, and it must come in the form that it had before.

    Why: people press Enter too early.

    Mistakes:
    - split()[1] without looking whether there is one -> IndexError ends the client's thread
    - the rest is taken as it is -> she is renamed to nothing
    - what is empty is replaced by the address, as for a nickname -> she has lost her name
    - a help text without a newline -> it becomes the beginning of what she hears next

    Codelab: section 5, Task 3
    """
    ada, bob = room.join(2)
    form = form_shown(room, ada, bob)
    bare = room.typed("rename", new="").strip()
    hint = "look whether there is a new name at all (strip it first); if not, leave everything as it is"

    notice = re.escape(room.renamed(ada.name, "\0").text).replace("\0", ".*")

    def about_a_rename(line: str) -> bool:
        return re.search(notice, line) is not None

    for typed in (bare, f"{bare}    "):
        _tells(room, bob, ada)
        for _ in range(2):  # as many lines as below, should the server answer each of them
            ada.says(room.words.text())
            room.rest()
        usual = _tells(room, bob, ada)
        since = len(room.transcript)
        ada.says(typed)
        room.rest()  # and no fence: it would be what she hears next
        ada.says(text := room.words.text())
        line = room.said(ada.name, text)
        if form.named:  # else a matter of task1.broadcast
            line = line._replace(accepts=lambda got, text=text: form.name_in(_before(text, got)) == ada.name)  # type: ignore[misc]
        room.expect([(bob.peer, line)], hint)
        _tells(room, bob, ada, usual)
        room.expect_nothing(bob.peer, about_a_rename, "about a rename", hint, since=since - 1)


def _tells(room: ChatRoom, speaker: Member, hearer: Member, usual: str | None = None) -> str:
    """Have one tell the other something; return what stands before it, numbers apart, which must be what is usual there."""
    speaker.says(text := room.words.text())
    said = room.said(speaker.name, text)

    def before(line: str) -> str:
        return without_numbers(room.lines.bare(line).removesuffix(text))

    as_usual = said._replace(accepts=lambda line: said.accepts(line) and usual in {None, before(line)})
    hint = "end what you send to one client with a newline, too: else it stands in one line with what she hears next"
    room.expect([(hearer.peer, as_usual)], "" if usual is None else hint)
    return before(as_usual.among(hearer.peer)[0].text)


@check("task3.split-and-merged", points=1, needs=(listens, announce))
def split_and_merged(room: ChatRoom) -> None:
    r"""The command in pieces, and `/name zoe\nhi\n` in one segment, both work.

    Does: sends the command byte by byte; then, each time with one send(), the command and a message, a message and the command,
    and a nickname with a message, the command and another message.

    Why: a command is a line like any other, and lines come in pieces and together.

    Mistakes:
    - the command is looked for in what recv() returned -> a command in pieces is chat, or a message after it is lost
    - what comes with the nickname is relayed without a look -> a command there is chat

    Codelab: section 5, Task 3, and section 4
    """
    ada, bob = room.join(2)
    old, new = ada.name, room.words.name()
    ada.sends_in_pieces(bytes([byte]) for byte in f"{room.typed('rename', new=new)}\n".encode())
    ada.name = ada.peer.label = new
    takes_effect(room, ada, bob, (old,), _EACH_LINE)
    third, text = room.words.name(), room.words.text()
    ada.sends(f"{room.typed('rename', new=third)}\n{text}\n".encode())
    ada.name = ada.peer.label = third
    takes_effect(room, ada, bob, (new, old), _EACH_LINE, text)
    _comes_under(room, bob, third, text)
    fourth, text = room.words.name(), room.words.text()
    ada.sends(f"{text}\n{room.typed('rename', new=fourth)}\n".encode())
    ada.name = ada.peer.label = fourth
    takes_effect(room, ada, bob, (third, new, old), _EACH_LINE)
    _renames_with_the_nickname(room, bob)


def _renames_with_the_nickname(room: ChatRoom, hearer: Member) -> None:
    """The command behind a nickname and a message; where that message is lost, it is a matter of task2.name-and-message."""
    name, new = room.words.name(), room.words.name()
    before, after = room.words.text(), room.words.text()
    eve = room.join_one(name, f"{name}\n{before}\n{room.typed('rename', new=new)}\n{after}\n".encode())
    if _never_comes(room, hearer, before):
        return
    eve.name = eve.peer.label = new
    takes_effect(room, eve, hearer, (name,), _EACH_LINE, after)
    _comes_under(room, hearer, new, after)


def _comes_under(room: ChatRoom, hearer: Member, name: str, text: str) -> None:
    """The message comes; under which name is a matter of task3.new-name-used."""
    if _never_comes(room, hearer, text):
        room.expect([(hearer.peer, room.said(name, text))], _EACH_LINE)


def _never_comes(room: ChatRoom, hearer: Member, text: str) -> bool:
    return room.wait(lambda: any(line.text.rstrip().endswith(text) for line in hearer.peer.lines)) is not None


@check("task3.lookalike", points=1, needs=(listens, announce))
def lookalike(room: ChatRoom) -> None:
    """`/names x` and `say /name x` are chat.

    Does: says lines that only look like the command; they must arrive as chat.

    Why: a command is `/name`, a blank and a name, at the beginning of the line, and nothing else.

    Mistakes:
    - startswith('/name') without the blank -> `/names x` renames
    - '/name ' in line -> a message about the command renames

    Codelab: section 5, Task 3
    """
    ada, bob = room.join(2)
    bare = room.typed("rename", new="").strip()
    for start in (f"{bare}s", f"say {bare}", f"{bare[:-1]}a"):
        ada.says(text := f"{start} {room.words.text()}")
        bob.hears_from(ada, text, f"only a line that begins with `{bare}` and a blank is the command")


CHECKS = [
    announce, new_name_used, not_chat, again, leaves_with_new_name, only_mine, no_argument, split_and_merged, lookalike,
]  # fmt: skip
