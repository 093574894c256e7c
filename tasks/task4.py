"""Task 4, dead clients: whoever goes, and however, the others chat on."""

from __future__ import annotations

import re

from grader.api import Message, check, without_numbers
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.pace import affordable
from tasks.chat.room import ChatRoom
from tasks.chat.user import User
from tasks.task1.client import client_connects
from tasks.task1.leaving import leave
from tasks.task1.server import listens

QUEUED_LINES, DYING_WORDS = 200, 500
MOST_LINES, FEWEST_LINES = 2 * QUEUED_LINES + 3 * DYING_WORDS, 40  # in all; a server that sleeps is given fewer
CROWD, DYING = 25, 20
DEATHS, LEAK = 50, 10
ENOUGH = 10  # deaths that nobody heard of: such a server has shown all it can, and each costs a proof of silence
STALLED_LINE = 64_000  # bytes
_COMING_AND_GOING = re.compile(  # whatever else a server tells is no notice of anybody
    r"(?i)SERVER|\d|\b(none|null|unknown|nobody|anonymous|guest|nameless|user|client|somebody|someone)\b"
    r"|(left|leav|leb|gone|goes|quit|exit|bye|lost|disconnect|drop|clos|remov|join|connect|enter|arriv|came|welcome)"
)


@check("task4.reset", points=3, needs=listens)
def reset(room: ChatRoom) -> None:
    """A connection that is reset (RST) is announced once, and the others chat on.

    Does: one of three people vanishes with a reset, as a machine does that crashes.

    Why: then recv() does not return b'': it raises ConnectionResetError. That client has left all the same.

    Mistakes:
    - only b'' is looked for -> the exception ends the thread, the client stays in the list for ever, and nobody is told

    Codelab: section 5, Task 4
    """
    ada, bob, cyd = room.join(3)
    cyd.resets()
    hint = "recv() raises ConnectionResetError here: treat it like b'' (close, take off the list, tell the others)"
    for other in (ada, bob):
        other.hears_once(room.left(cyd), hint, consequence_of=ids.LEAVE)
    room.still_chats(hint)


@check("task4.reset-mid-broadcast", points=4, needs=listens)
def reset_mid_broadcast(room: ChatRoom) -> None:
    """Clients reset their connections while hundreds of lines are relayed to them: the server goes on.

    Does: the server is stopped for an instant, in which one person says 200 lines and another one says 500 and resets
    her connection; then it runs on, and those who are left must be able to talk. Once more with two who reset.

    Why: now it is send() that fails, in the thread of somebody else, who has done nothing wrong.

    Mistakes:
    - broadcast() holds a Lock and calls a function that takes the same Lock -> the server stops for good
    - send() without try -> the exception ends the thread of the person who spoke
    - the list is changed while it is looped over -> the next client misses the line

    Codelab: section 5, Task 4
    """
    ada, bob = room.join(2)
    share = affordable(room, ada, bob, MOST_LINES, FEWEST_LINES) / MOST_LINES
    for count in (1, 2):
        dying = room.join(count)
        room.members = [ada, bob]
        with room.server_paused():
            for one in dying:
                one.sends("".join(f"{room.words.text()}\n" for _ in range(round(share * DYING_WORDS))).encode())
            for _ in range(round(share * QUEUED_LINES)):
                ada.says(room.words.text())
            for one in dying:
                one.resets()
        room.rest()
        room.still_chats("a failed send must do no more than remove the client that it was for")
    [newcomer] = room.join(1)
    newcomer.says(text := room.words.text())
    bob.hears_from(newcomer, text)


@check("task4.mass-death", points=2, needs=listens)
def mass_death(room: ChatRoom) -> None:
    """20 of 25 clients gone in one instant: 20 notices, each once, and the rest chat on.

    Does: 20 clients close in the same instant; the 5 others, of whom one came first and one last, must get each leave once, and
    talk on.

    Why: while one leave is announced, the announcement fails at the other dead ones: removing must cope with that.

    Mistakes:
    - broadcast() removes a dead client under the Lock it holds already -> the server stops for good
    - whoever finds a dead client announces it -> some leaves come twice
    - removing a client that is removed already raises -> its leave is never announced
    - the loop over the clients ends at one to whom it cannot send -> those behind her miss the line

    Codelab: section 5, Task 4
    """
    people = room.join(CROWD)
    survivors = people[:: (CROWD - 1) // (CROWD - DYING - 1)]  # the first, the last, and some between them
    dying = [one for one in people if one not in survivors]
    with room.server_paused():
        for one in dying:
            one.closes()  # what a reset does is task4.reset's matter; a send to one who has closed fails like one
    hint = "several clients can be dead at once: remove and announce each exactly once, and hold no lock while you send"
    room.expect([(one.peer, room.left(gone)) for gone in dying for one in survivors], hint, consequence_of=ids.LEAVE)
    for one in survivors:
        for gone in dying:
            one.hears_once(room.left(gone), hint, consequence_of=ids.LEAVE)
    room.still_chats(hint)


@check("task4.before-name", points=1, needs=listens)
def before_name(room: ChatRoom) -> None:
    """A client gone before its nickname: no notice, nobody disturbed.

    Does: two clients connect and go, one by closing and one by a reset, without having sent anything; another one sends half a
    nickname and closes. A server that takes that for her nickname must tell of both, her coming and her going.

    Why: nobody knew that they were there.

    Mistakes:
    - the clean-up announces a leave whether there was a nickname or not -> "SERVER: None has left the chat."
    - the exception of a reset in the accept loop ends the server

    Codelab: section 5, Task 4
    """
    ada, bob = room.join(2)
    room.settle()  # no join notice is still to come
    since = len(room.transcript)
    for how in (Member.closes, Member.resets):
        nameless = Member(room, room.connect("(nameless)"), "")
        room.rest()
        how(nameless)
        room.rest()
    half = room.words.name()
    unfinished = room.arrive(half, half.encode())
    room.rest()
    unfinished.closes()
    room.settle()
    clock: set[str] = set()  # each of its lines is waited for only once: meanwhile more of them come

    def comes_by_itself(hearer: Member, line: str) -> bool:
        form = without_numbers(line)
        if form not in clock and room.comes_by_itself(hearer, line):
            clock.add(form)
        return form in clock

    for other in (ada, bob):
        came_and_went = [room.lines.joined(half), room.lines.left(half, exact=True)]
        if not all(notice.among(other.peer) for notice in came_and_went):
            came_and_went = []
        room.expect_nothing(
            other.peer,
            # The lines of a fence are ours; what comes again and again is a clock.
            lambda line, other=other, true=came_and_went: (  # type: ignore[misc]
                _COMING_AND_GOING.search(line) is not None
                and not room.words.hold(line)
                and not any(notice.accepts(line) for notice in true)
                and not comes_by_itself(other, line)
            ),
            "about somebody who was never in",
            "announce a leave only of those who had joined",
            since=since,
        )
    room.still_chats()


@check("task4.socket-closed", points=3, needs=listens)
def socket_closed(room: ChatRoom) -> None:
    """After 50 deaths, one at a time, the server holds no socket of theirs.

    Does: 50 people come and go, one after the other: by closing, by resets, by `EXIT`, and before they have given a nickname.
    Then the server must have no connection in CLOSE_WAIT, and about as many descriptors and threads as before.

    Why: a server that forgets to close runs out of descriptors after some hours, and then takes nobody in.

    Mistakes:
    - the client is taken off the list but its socket is not closed -> it stays in CLOSE_WAIT
    - a helper thread per client that nobody ends -> one more thread after each client
    - the socket of somebody without a nickname is forgotten, as there is nobody to take off the list -> it is never closed

    Codelab: section 5, Task 4
    """
    room.join(2)
    room.go_one_by_one(room.join(2))
    ways = [_close, _reset, _go_before_the_name]
    if _leave_by_word(room):  # else whose connection is still open is a matter of task1.exit
        ways.append(_leave_by_word)
    room.settle()
    before = room.holdings()
    deaths = unheard = 0
    while deaths < DEATHS and unheard < ENOUGH:
        unheard += not ways[deaths % len(ways)](room)
        deaths += 1

    def all_given_back() -> bool:
        now = room.holdings()
        return (
            not now.half_closed
            and now.sockets <= before.sockets
            and now.descriptors - before.descriptors < LEAK
            and now.threads - before.threads < LEAK
        )

    ending = room.wait(all_given_back)
    if ending:
        now = room.holdings()
        room.fail(
            "the server still holds what belonged to clients that are gone",
            expected=Message(
                "after {deaths} deaths as many sockets ({sockets}), descriptors ({descriptors}) and threads "
                "({threads}) as before",
                deaths=deaths,
                sockets=before.sockets,
                descriptors=before.descriptors,
                threads=before.threads,
            ),
            observed=Message(
                "{sockets} sockets, {half_closed} of them in CLOSE_WAIT; {descriptors} descriptors, {threads} threads",
                sockets=now.sockets,
                half_closed=now.half_closed,
                descriptors=now.descriptors,
                threads=now.threads,
            ),
            hint="close the connection when the client is gone (conn.close() in finally), and end every thread that served it",
            ending=ending,
        )


def _close(room: ChatRoom) -> bool:
    """Somebody comes and closes; whether it was heard of."""
    [one] = room.join(1)
    one.closes()
    return room.await_leave(one)


def _reset(room: ChatRoom) -> bool:
    """Somebody comes and vanishes; whether it was heard of."""
    [one] = room.join(1)
    one.resets()
    return room.await_leave(one)


def _go_before_the_name(room: ChatRoom) -> bool:
    """Somebody comes and closes before she has a nickname, of whom nobody should hear."""
    nameless = Member(room, room.connect("(nameless)"), "")
    room.rest()
    nameless.closes()
    room.rest()
    return True


def _leave_by_word(room: ChatRoom) -> bool:
    """Somebody comes, says EXIT, and closes when the server has closed; whether it has, and somebody heard of it."""
    [one] = room.join(1)
    one.says(room.typed("exit"))
    if room.wait(lambda: bool(one.peer.ended)):
        room.members.remove(one)
        return False
    one.closes()
    return room.await_leave(one)


@check("task4.rejoin", points=2, needs=listens)
def rejoin(room: ChatRoom) -> None:
    """After 5 deaths, one at a time, new clients join and chat, under an old nickname too.

    Does: 5 people leave one after the other; then two come, one of them under the name of one who left.

    Why: people lose their connection and come back.

    Mistakes:
    - names that are taken are never given back -> whoever returns is refused
    - clients are counted and never uncounted -> after a while nobody is let in

    Codelab: section 5, Task 4
    """
    ada, _bob = room.join(2)
    leavers = room.join(5)
    room.go_one_by_one(leavers)
    back = room.join_one(leavers[1].name)
    room.settle()
    [new] = room.join(1)
    hint = "whoever comes back is a new client: forget everything about one who has left"
    for speaker in (back, new):
        speaker.says(text := room.words.text())
        ada.hears_from(speaker, text, hint)
        ada.says(text := room.words.text())
        speaker.hears_from(ada, text, hint)


@check("task4.stalled-reader", points=0, needs=listens)
def stalled_reader(room: ChatRoom) -> None:
    """A client that stops reading does not stop the others.

    Does: one of three people stops reading while another one says some megabytes; the third must get it all. It gives no points,
    and goes beyond the codelab.

    Why: send() waits when the other side does not read. If the thread of the one who speaks waits there, nobody hears her.

    Mistakes:
    - sendall() to all in the speaker's thread -> one sleeping laptop stops the chat: give each client a queue and a writer

    Codelab: beyond it
    """
    volume = room.more_than_buffers_hold()
    ada, bob = room.join(2)
    stalled = room.join_one()
    room.settle()
    room.stall(stalled.peer)
    for _ in range(volume // STALLED_LINE):
        end = f" {room.words.text()}"
        text = "z" * (STALLED_LINE - len(end)) + end
        ada.says(text)
        bob.hears_from(
            ada,
            text,
            "one client that does not read stops all others: give each client a queue and a writing thread of its own",
        )


@check("task4.terminal-closed", points=3, needs=(leave, client_connects), runs="both")
def terminal_closed(room: ChatRoom) -> None:
    """The student's client, its terminal closed: announced once, the others chat on.

    Does: somebody uses your client with your server, two others are in the chat; her terminal is closed, as one closes a window.

    Why: this is how most people leave a chat.

    Mistakes:
    - the client ignores the end of its input and lives on without a terminal -> she is in the chat for ever
    - the leave is announced twice, once by her own thread and once by whoever fails to send to her

    Codelab: section 5, Task 4
    """
    room.require_terminals_that_hang_up()
    ada, bob = room.join(2)
    user = room.user_in_chat()
    user.closes_terminal()
    hint = "the client has ended; the server must see the end of its connection, and tell the others"
    if not user.program.ended():
        hint = Message(
            "{nick}'s client still runs without a terminal: it must end when input() raises EOFError", nick=user.name
        )
    _is_announced(room, user, [ada, bob], hint)


@check("task4.killed", points=2, needs=(leave, client_connects), runs="both")
def killed(room: ChatRoom) -> None:
    """The student's client, its process killed (SIGKILL): announced once, the others chat on.

    Does: somebody uses your client with your server, two others are in the chat; her client is killed.

    Why: a program that crashes says no good-bye: the server must notice by itself.

    Mistakes:
    - the server waits for EXIT to take somebody off the list -> who crashes stays for ever

    Codelab: section 5, Task 4
    """
    ada, bob = room.join(2)
    user = room.user_in_chat()
    user.is_killed()
    hint = "the system closes the connection of a killed client: recv() ends in the server, treat that as a leave"
    _is_announced(room, user, [ada, bob], hint)


def _is_announced(room: ChatRoom, user: User, others: list[Member], hint: str) -> None:
    for other in others:
        other.hears_once(room.left(user), hint, consequence_of=ids.CLIENT_CONNECTS)  # who never joined cannot leave
    room.still_chats()


CHECKS = [
    reset, reset_mid_broadcast, mass_death, before_name, socket_closed, rejoin, stalled_reader, terminal_closed, killed,
]  # fmt: skip
