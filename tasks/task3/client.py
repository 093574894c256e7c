"""What a client must do with `/name <new>`, alone and with the student's server."""

from __future__ import annotations

from grader.api import Message, check
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.task1.client import client_connects, client_sends, client_shows_while_typing
from tasks.task1.server import broadcast
from tasks.task3.server import announce, new_name_used


@check("task3.client-sends", points=2, needs=client_connects, runs="client")
def client_sends_command(room: ChatRoom) -> None:
    """Typing `/name zoe` sends that line.

    Does: types the command; exactly that line must arrive at the server.

    Why: it is the server that renames: it must hear of it, and it knows the command by its first word.

    Mistakes:
    - the client keeps the command to itself and only changes a variable of its own -> nobody else sees the new name
    - the command is sent in another form, such as the new name alone -> the server takes it for chat

    Codelab: section 5, Task 3
    """
    user = room.user_in_chat()
    command = room.typed("rename", new=room.words.name())
    user.types(command)
    if not user.sends(command):
        came = user.lines()
        room.fail(
            "the command is not sent",
            expected=Message('the server gets "{command}"', command=command),
            observed=Message("it got {lines}", lines=" and ".join(map(repr, came))) if came else "it got nothing",
            hint=Message(
                'send "{command}" to the server as it was typed: the server does the renaming', command=command
            ),
            ending=room.wait(lambda: False),
            event=room.transcript.last_sent(command.split()[-1]),
            mark="not sent as it is",
            consequence_of=ids.CLIENT_SENDS,
        )


@check(
    "task3.together",
    points=1,
    needs=(
        announce,
        new_name_used,
        broadcast,
        client_connects,
        client_sends,
        client_shows_while_typing,
        client_sends_command,
    ),
    runs="both",
)
def together(room: ChatRoom) -> None:
    """On the other terminal appear the notice and the next message under the new name.

    Does: two people use your client with your server; one of them types `/name` and a new name, and then a message.

    Why: this is what the others see of it.

    Mistakes:
    - the client does not show lines that begin with `SERVER:` -> nobody learns of the new name

    Codelab: section 5, Task 3
    """
    ada, bob = room.user_in_chat(), room.user_in_chat()
    old, new = ada.name, room.words.name()
    ada.types(room.typed("rename", new=new))
    notice = room.renamed(old, new)

    def shown() -> bool:
        return bob.terminal.shows(old, new)

    ending = room.wait(shown)
    if ending:
        room.fail(
            "the other terminal does not show who has a new name",
            expected=Message('"{notice}" stands on {nick}\'s screen', notice=notice.text, nick=bob.name),
            observed="no line on the screen holds both names",
            hint="the server must send the notice to everyone else, and the client show every line it gets",
            ending=ending,
            event=room.transcript.last_sent(new),
            mark="never shown",
            recipient=bob.name,
        )
    ada.types(text := room.words.text())
    bob.sees(text, "what comes after the command is chat as before")
    if not bob.terminal.shows(new, text):
        room.fail(
            "the next message is not shown under the new name",
            expected=Message(
                '"{new_nick}" and "{text}" stand in one line on {nick}\'s screen',
                new_nick=new,
                text=text,
                nick=bob.name,
            ),
            observed=Message("{lines}", lines=" ".join(f'"{line}"' for line in bob.terminal.lines() if text in line)),
            hint="the server puts the sender's present name before each message",
        )


CHECKS = [client_sends_command, together]
