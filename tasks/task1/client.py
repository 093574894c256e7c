"""What a client must do for its user to take part; at the end, client and server together."""

from __future__ import annotations

from grader.api import Message, check, joined
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.chat.user import BEFORE_THE_FIRST_MESSAGE, User
from tasks.task1.server import broadcast, listens


@check(ids.CLIENT_CONNECTS, points=2, runs="client")
def client_connects(room: ChatRoom) -> None:
    r"""The client connects, and the nickname typed arrives as the first line, ended by `\n`.

    Does: starts `python3 threaded_chat_client.py` on a terminal, answers what it asks, and looks at what it sends to port 65433.
    A client that asks for nothing gets the nickname as its first line. One that calls another port fails here only.

    Why: the first line is the nickname, and a line ends with a newline. A server that has not seen the newline goes on waiting:
    whoever forgets it never even joins.

    Mistakes:
    - sendall(name.encode()) without the newline -> nobody sees you join, whatever you type: append "\n"
    - another PORT or HOST than the server's -> ConnectionRefusedError
    - the name is asked for and never sent -> your first message becomes your name
    - it is sent with the first message -> nobody sees you join until you say something
    - the name is sent again with the first message -> everyone reads it as chat

    Codelab: sections 2 and 4
    """
    user = room.user()
    user.arrives()
    guest = room.guest
    if guest is None:
        user.tries_to_chat()
        user.require_connection()
        room.fail(
            "the client connects only with the first message",
            expected=Message("the client connects when {nick} has given her nickname", nick=user.name),
            observed="it connected when the next line was typed",
            hint=BEFORE_THE_FIRST_MESSAGE,
            where=room.sources.line_that_calls("connect", "create_connection"),
            blocks=False,
        )
    port = room.setup.port
    if guest.port != port:
        room.fail(
            Message("the client calls port {called}, not {port}", called=guest.port, port=port),
            expected=Message("the client connects to port {port}", port=port),
            observed=Message("it connects to port {called}; the other checks use that one", called=guest.port),
            hint=Message("set PORT to {port}, where the server listens", port=port),
            where=room.sources.line_with_number(guest.port),
            blocks=False,
        )
    hint = "the first line that the client sends must be the nickname as it was typed"
    user.sends_line(user.name, hint, "the nickname", blocks=False)
    if guest.lines[0].text.strip() != user.name:
        room.fail(
            "the nickname is not the first line",
            expected=Message('the first line is "{nick}"', nick=user.name),
            observed=Message('the first line is "{line}"', line=guest.lines[0].text),
            hint="send the nickname first, as a line of its own",
            event=guest.lines[0].event,
            mark="should be the nickname",
            blocks=False,
        )
    user.has_joined_at_once()


@check(ids.CLIENT_SENDS, points=1, needs=client_connects, runs="client")
def client_sends(room: ChatRoom) -> None:
    r"""Each line typed arrives at once as one line ended by `\n`.

    Does: types six lines and an empty one, one after the other: with capitals and an umlaut, of 700 characters, with several
    blanks in a row; each must have arrived, as it was typed, before the next one is typed. For the empty line an empty one may
    come, or none.

    Why: a message that waits in the client, or that has no end, is no message.

    Mistakes:
    - sendall(text.encode()) without the newline -> the server joins it with the next one
    - the name is put before the text by the client -> everyone reads it twice: the server adds it
    - lines are collected and sent together -> a chat that lags behind
    - " ".join(text.split()) -> a drawing of blanks and signs falls apart
    - an empty line ends the loop -> who presses Enter by mistake has left

    Codelab: sections 2 and 4
    """
    user = room.user_in_chat()
    words = room.words
    odd = f"Grüße, at 10:30! {words.text()}", _long(room, 700), f"a  b   c {words.text()}", ""
    texts = (words.text(), *odd, words.text(), words.text())
    for text in texts:
        user.types(text)
        if text:
            user.sends_line(text, "send what was typed, as it is, at once, and with a newline after it")
        user.is_told((words.name(), words.text()))  # an answer: some wait for one


def _long(room: ChatRoom, length: int) -> str:
    """A text of at least so many characters, no part of which comes twice."""
    text = room.words.text()
    while len(text) < length:
        text += f" {room.words.text(2)}"
    return text


@check(ids.CLIENT_SHOWS_WHILE_TYPING, points=2, needs=client_connects, runs="client")
def client_shows_while_typing(room: ChatRoom) -> None:
    """Messages appear while half a line is typed, and that half line, finished, is sent whole.

    Does: types half a line without Enter; then messages of others come, one after the other, each of which must appear on the
    screen, once; then, when a client that takes turns would long be back at the keyboard, some more. Then the line is finished,
    and must be sent whole; and a long message comes, which must be shown to its end.

    Why: this is what the listener thread is for: recv() in a thread of its own, input() in the main thread.

    Mistakes:
    - input() and recv() take turns in one thread -> messages appear only after Enter
    - the listener is started after the first input() -> so do the first ones
    - the network is looked at for a moment after each line -> what comes later waits for the next Enter
    - print(text, end="") without flush=True -> what is printed waits in a buffer
    - a line is cut to a width -> the end of long messages is lost

    Codelab: sections 1 and 2
    """
    user = room.user_in_chat()
    half, rest = (room.words.text(2).lower() for _ in range(2))  # what is sent otherwise is another matter
    room.rest()
    user.presses(half)
    if not room.rest(user.is_at_keyboard):
        room.wait(user.is_at_keyboard)
    people = room.words.name(), room.words.name()
    for speaker, before in zip((*people, people[0]), ("at 10:30: ", "", ""), strict=True):
        _shown_while_typing(room, user, speaker, before + room.words.text())
    if not room.rest():
        room.wait(lambda: False)  # who looks at the network for a while after each line has ceased to, now
    for speaker in people:
        _shown_while_typing(room, user, speaker, room.words.text())
    user.presses(f"{rest}\n")
    if not user.sends(half + rest, at_the_end=True):
        came = user.lines()
        room.fail(
            "the line that was half typed when a message came was not sent whole",
            expected=Message('the server gets "{text}"', text=half + rest),
            observed=Message("it got {lines}", lines=", ".join(map(repr, came))) if came else "it got nothing",
            hint="what is typed already must survive the arrival of a message",
            ending=room.wait(lambda: False),
            event=room.transcript.last_sent(rest.split()[-1]),
            mark="not sent whole",
            consequence_of=ids.CLIENT_SENDS,
        )
    user.is_told((people[1], _long(room, 1_100)))


def _shown_while_typing(room: ChatRoom, user: User, speaker: str, text: str) -> None:
    user.is_told((speaker, text))
    if not room.wait(lambda: user.terminal.shows(text)):
        return
    hint = "receive in a thread of its own, which prints what comes while the main thread waits in input()"
    hint = user.why_nothing_is_shown(hint)
    user.presses("\n")
    late = not room.wait(lambda: user.terminal.shows(text))
    line = f"{speaker}: {text}"
    room.fail(
        "messages appear only after Enter" if late else "the message never appears",
        expected=Message('"{line}" appears while {nick} is typing', line=line, nick=user.name),
        observed="it appeared only when Enter was pressed" if late else "it did not appear, not even after Enter",
        hint=hint if late else _why_nothing_is_shown(room, hint),
        where=room.sources.line_that_calls("recv", "recv_into", "readline", "read"),
        ending=room.wait(lambda: False),
        event=room.transcript.last_sent(text.split()[-1]),
        mark="not shown until Enter" if late else "never shown",
        recipient="" if late else user.name,
    )


def _why_nothing_is_shown(room: ChatRoom, otherwise: str) -> str:
    calls = {call.name for function in room.sources.functions("client") for call in function.calls}
    if "Thread" in calls and "start" not in calls:
        return "a Thread is made, and never started: call its start()"
    return joined("print what recv() gives", otherwise)


@check(ids.CLIENT_EXIT, points=1, needs=client_connects, runs="client")
def client_exit(room: ChatRoom) -> None:
    """Typing `EXIT` ends the program, with no traceback.

    Does: first says and hears lines that only hold such words, which are chat. Then types the word. If it is sent, it is
    answered with `DONE` and the connection closed; then the program must end.

    Why: nobody should need Ctrl-C to leave a chat.

    Mistakes:
    - the listener thread is no daemon and waits in recv() for ever -> the program hangs after EXIT
    - the socket is closed under the listener -> a traceback as a farewell

    Codelab: sections 3 and 6
    """
    user = room.user_in_chat()
    guest = user.guest
    word, done = room.typed("exit"), room.done().text
    hint = Message(
        'only a line that is "{word}" and nothing else ends the client, and only a line that is "{done}"',
        word=word,
        done=done,
    )
    user.types(chat := f"the {word.lower()} is there {room.words.text()}")
    room.rest(user.program.ended)
    for chat_of_others in (f"{done} {room.words.text()}", f"{room.words.text()} {done}", done):
        user.is_told((room.words.name(), chat_of_others))
    room.rest(user.program.ended)
    if user.program.ended() or guest.ended:
        room.fail(
            "the client takes chat for a farewell",
            expected=Message(
                '"{chat}" is chat, and so is a message that begins or ends with {done}', chat=chat, done=done
            ),
            observed="it has left",
            hint=hint,
        )
    user.types(word)
    unheeded = room.wait(
        lambda: user.program.ended() or bool(guest.ended) or any(room.lines.is_exit(line.text) for line in guest.lines)
    )
    if unheeded:
        room.fail(
            Message("the client goes on after {word}", word=word),
            expected=Message("when {word} is typed, the client sends it, or closes the connection", word=word),
            observed="it did neither, and still runs",
            hint=Message("look at each line that was typed: {word} ends the input loop", word=word),
            ending=unheeded,
        )
    if not guest.ended:
        guest.send(f"{done}\n".encode())
        room.acted()
        room.rest(user.program.ended)
    guest.close()
    room.acted()
    ending = room.wait(user.program.ended)
    if ending:
        room.fail(
            Message("the client goes on after {word}", word=word),
            expected=Message("the program ends when {word} is typed", word=word),
            observed="it still runs; the server has answered and closed the connection",
            hint=Message(
                "leave the input loop when {word} was typed, close the socket, and let no other thread keep the program alive",
                word=word,
            ),
            ending=ending,
        )
    room.require_no_traceback(user.program, Message("after {word} the program ends", word=word))


@check("task1.client-server-gone", points=0, needs=client_connects, runs="client")
def client_server_gone(room: ChatRoom) -> None:
    """The server going away ends the client or is told to its user, with no traceback and no spinning.

    Does: closes the connection while the client waits. It gives no points.

    Why: recv() then returns b'' at once, and again and again: a loop that does not look for it eats a whole processor.

    Mistakes:
    - b'' is not looked for -> the listener spins, or prints empty lines for ever
    - the listener ends without a word -> the user types into the void

    Codelab: sections 2 and 6
    """
    user = room.user_in_chat()
    guest = user.guest
    before = user.screen_texts()
    guest.close()
    room.acted()
    spins = room.spins(user.program)
    room.require_no_traceback(user.program, "when the server is gone, the program ends or says so")
    told = user.screen_texts() - before
    if spins or not (told or user.program.ended()):
        room.fail(
            "the client does not notice that the server is gone",
            expected="the program ends, or tells its user",
            observed="it runs in an endless loop (100 % CPU)" if spins else "it goes on waiting, and shows nothing",
            hint="when recv() returns b'', the server has closed: say so, and leave the loop",
            where=room.where_it_is(user.program),
            consequence_of="" if spins else ids.CLIENT_SHOWS_WHILE_TYPING,
        )


@check(
    "task1.together",
    points=1,
    needs=(listens, broadcast, client_connects, client_sends, client_shows_while_typing),
    runs="both",
)
def together(room: ChatRoom) -> None:
    """Two of the student's clients on terminals and the student's server: each sees what the other types.

    Does: what you do to try it: the server in one terminal, a client in each of two others; both type, both read.

    Why: this is the chat.

    Mistakes:
    - client and server agree on something else than the codelab's lines -> each works alone, and they do not work together

    Codelab: section 5, Task 1
    """
    room.two_users_chat()


CHECKS = [
    client_connects, client_sends, client_shows_while_typing, client_exit, client_server_gone, together,
]  # fmt: skip
