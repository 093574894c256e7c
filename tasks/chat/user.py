"""Somebody at the student's client: what she types, what she sees, and what her client sends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.api import Message, without_numbers
from tasks.chat.arrivals import Said, Segment, messages_in
from tasks.chat.questions import ADDRESS, Question, asked_for, asks_for_name_in_so_many_words, asks_for_talk, yes
from tasks.chat.sent import Typed
from tasks.chat.shown import is_shown
from tasks.newline import call_without_newline

if TYPE_CHECKING:
    from grader.api import Call, Peer
    from tasks.chat.room import ChatRoom

BEFORE_THE_FIRST_MESSAGE = "connect and send the nickname before you read the first message"

_LATEST = 20  # messages that are looked for on the present screen
_MOST_ANSWERS = 8  # to what a client asks before it sends anything


class User:
    """Somebody at the student's client, on a terminal of her own. In a `client` check our host is her server."""

    gone_since = -1

    def __init__(self, room: ChatRoom, name: str, flood_is_about: str) -> None:
        """`flood_is_about`: the id of the check whose matter it is when the client prints without an end."""
        self.room, self.name = room, name
        self.program, self.terminal = room.start_client(name, flood_is_about)
        self._answered: list[Question] = []
        self._question = ""  # the line in which the question before stood
        self._asked_so_often = 0  # times that it had been printed when it was answered
        self._has_given_name = False  # to a client that asked for it in so many words
        self._answer_after_name = ""  # to a question of no known kind that came after that, when nothing had been sent
        self.typed: list[Typed] = []
        self.segments: list[Segment] = []  # that our host has sent to her client
        self._has_read_something = False  # whether a message has stood on her screen when her client was at rest
        self.disturbed: set[Said] = (
            set()
        )  # messages that were still to be shown when she typed: her keys may stand among them
        self._half = ""  # the line that she is typing

    def __repr__(self) -> str:
        return f"<User {self.name}>"

    # -- what she does ---------------------------------------------------------------------------------------------

    def arrives(self) -> None:
        """Answer what the client asks, until it has sent her nickname, or asks no more.

        One that asks nothing gets the nickname as the first line. Nothing is typed twice unless it is asked for again.
        """
        self.room.rest(self.has_sent)
        for _ in range(_MOST_ANSWERS):
            self._answers()
            self.room.wait(
                lambda: self.has_sent() or self.is_in_the_chat() or self._asks_anew() or self.program.ended()
            )
            self.room.rest(self.has_sent)
            if self._has_arrived() or self.program.ended() or (self._has_typed_name() and not self._asks_anew()):
                break
        self._goes_by_what_was_sent()

    def _has_arrived(self) -> bool:
        """Whether her client has sent what it was asked for, the nickname or else something that ends its questions."""
        if not self.has_sent():
            return self.is_in_the_chat() and not self._asks_anew()
        if self._has_typed_name():
            return True
        self.room.rest()  # it may have sent something else first, and ask for the name now
        return asked_for(self._asked()) is not Question.NAME

    def _has_typed_name(self) -> bool:
        return Question.NAME in self._answered

    def _asks_anew(self) -> bool:
        """Whether there is another question than the one just answered, and not yet the prompt at which one chats."""
        shown = self._prompt()
        same = shown == self._question and self._printed_so_often(shown) <= self._asked_so_often
        return bool(shown) and not same and not asks_for_talk(self._asked(), self.name)

    def _prompt(self) -> str:
        """The question on her screen, be it a line that only asks for the Enter key."""
        last = self.terminal.lines()[-1:]
        for_enter = [one for one in last if asked_for(one.removeprefix(self._question)) is Question.ENTER]
        return self.terminal.screen.question or "".join(for_enter)

    def _printed_so_often(self, question: str) -> int:
        words = question.rstrip("?:> ")  # the signs may stand in a line of their own
        return sum(line.count(words) for line in self.terminal.printed()) if words else 0

    def _goes_by_what_was_sent(self) -> None:
        """Take another answer for her nickname if the client asked for it in words of its own, and sent that one."""
        guest = self.room.guest
        if guest and not self.room.wait(lambda: bool(guest.lines)) and not self._has_typed_name():
            first = guest.lines[0].text.strip()
            if first in (ADDRESS, str(self.room.setup.port)):
                self.name = self.terminal.label = first

    def _asked(self) -> str:
        """The question that waits for an answer."""
        shown = self._prompt()
        # Where nothing is echoed, the next question stands in the same line, behind the one before.
        return shown.removeprefix(self._question).strip() or shown

    def _answers(self) -> None:
        asked = asked_for(self._asked())
        is_about_name = asks_for_name_in_so_many_words(self._asked())
        self._question = self._prompt()
        self._asked_so_often = self._printed_so_often(self._question)
        answer = self.name
        if self._has_given_name and asked in (Question.NAME, Question.NOTHING) and not is_about_name:
            answer = self._answer_after_name = self.room.words.text(1)
        self._has_given_name |= is_about_name and asked is Question.NAME
        self._answered.append(Question.NAME if asked is Question.NOTHING else asked)
        answers = {
            Question.ADDRESS: ADDRESS,
            Question.PORT: str(self.room.port),
            Question.SECRET: self.room.words.text(1),
            Question.CONFIRMATION: yes(self._question),
            Question.ENTER: "",
        }
        self.presses(f"{answers.get(asked, answer)}\n", answer=True)

    def has_joined_at_once(self) -> None:
        """Her nickname was sent when she had typed it, not only with what she typed next."""
        message = self._answer_after_name
        if message:
            self.room.rest()
        if message and message in (line.text.strip() for line in self.guest.lines):
            self.room.fail(
                "the nickname is sent only with the first message",
                expected=Message('"{nick}" is sent when it has been typed', nick=self.name),
                observed=Message('nothing came until "{text}" was typed, too', text=message),
                hint=BEFORE_THE_FIRST_MESSAGE,
                event=self.guest.lines[0].event,
                mark="came only with the message",
                blocks=False,
            )

    def require_connection(self) -> None:
        """Raises CheckFailed if her client has called nobody, although she has typed what it asked for."""
        if self.room.guest is None:
            typed = Message("{nick} typed what it asked for, and it did not connect", nick=self.name)
            self.room.fail_for_no_connection(self.program, typed)

    def tries_to_chat(self) -> None:
        """Type a word to a client that has not sent the nickname: it may do so now, or take this for it."""
        if self.room.host is not None and not self.has_sent():
            self.presses(f"{self.room.words.text(1)}\n", answer=True)
            self.room.wait(self.has_sent)

    def has_sent(self) -> bool:
        """Whether our host has got anything from her."""
        guest = self.room.guest
        return guest is not None and bool(guest.lines or guest.unfinished)

    def is_in_the_chat(self) -> bool:
        """With the student's own server there is no host to ask: she is connected and has given her name."""
        return self.room.guest is None and self._has_typed_name() and self.room.is_connected(self.program)

    def is_at_keyboard(self) -> bool:
        """Whether a thread of her client waits for her keys: one that takes turns has then turned away from the network."""
        return self.room.waits_for_typing(self.program, self.terminal)

    def types(self, text: str) -> None:
        """Type a line and press Enter, when the program waits for it."""
        self.room.rest()
        self.presses(f"{text}\n")

    def says_goodbye(self) -> None:
        """Type the word that ends the chat."""
        self.room.rest()
        self.gone_since = len(self.room.transcript) - 1
        self.program.dismissed = True
        self.types(self.room.typed("exit"))

    def presses(self, keys: str, *, answer: bool = False) -> None:
        """Press these keys now, perhaps to answer a question."""
        self.room.acted()
        self.disturbed |= {one for one in self.messages() if not self._has_seen(one)}
        *lines, self._half = (self._half + keys).split("\n")
        command = self.room.typed("rename", new="").split()[0]
        for line in lines:
            is_command = line.startswith(command) or line.strip().upper() == self.room.typed("exit").upper()
            self.typed.append(Typed(line, len(self.room.transcript), answer, is_command))
        self.terminal.types(keys)

    def closes_terminal(self) -> None:
        """Close the window that her client runs in."""
        self._goes(self.terminal.hang_up, "closes her terminal")
        self.program.dismissed = True

    def is_killed(self) -> None:
        """Her client's process is killed (SIGKILL)."""
        self._goes(self.program.kill, "her client is killed")

    def _goes(self, how: Callable[[], None], what: str) -> None:
        self.room.rest()  # what is unread then would turn the end of her connection into a reset
        self.room.acted()
        self.gone_since = len(self.room.transcript) - 1
        self.room.transcript.add(self.name, "note", what.encode())
        how()
        self.room.rest(self.program.ended)

    # -- what is sent to her client --------------------------------------------------------------------------------

    def gets(self, *segments: bytes) -> None:
        """Our host sends these bytes, each when her client has dealt with what came before: they never merge on the way."""
        for data in segments:
            self.room.acted()
            self.segments.append(Segment(data, len(self.room.transcript)))
            self.guest.send(data)
            self.room.rest()
            self.could_read_something()

    def is_told(self, *messages: tuple[str, str]) -> None:
        """Our host sends these messages, each with its speaker, in one segment."""
        self.gets(b"".join(self.room.encode(f"{speaker}: {text}".encode()) for speaker, text in messages))

    def could_read_something(self) -> bool:
        """Whether a message has stood on her screen at some time when her client was at rest, or that cannot be told."""
        if self.terminal.skims:
            self._has_read_something = True
        elif not self._has_read_something:
            standing = self.terminal.standing()
            self._has_read_something = any(is_shown(one.text, standing) for one in self.messages()[-_LATEST:])
        return self._has_read_something

    def _has_seen(self, one: Said) -> bool:
        """Whether a message stands on her screen; a word may stand there for another reason."""
        return self.terminal.shows(one.speaker, one.text) or (" " in one.text and self.shows(one.text))

    def messages(self) -> list[Said]:
        """The messages that our host has sent to her."""
        return messages_in(self.segments, self.room.buffer())

    # -- what she sees ---------------------------------------------------------------------------------------------

    def sees(self, text: str, hint: str = "", consequence_of: str = "", around: str = "") -> None:
        """The text stands in one line on her screen; `around` are words near it, by which to find what stands there instead."""
        ending = self.room.wait(lambda: self.terminal.shows(text))
        if not ending:
            return
        telling = _telling(f"{text} {around}")
        parts = [line for line in self.terminal.lines() if any(part in line for part in telling)]
        last = self.terminal.lines()[-1:]
        seen = "it never appeared; the last line on her screen is {shown}" if last else "her screen is empty"
        shown = _quoted(last)
        if parts:
            seen = "on her screen stands {shown}"
            shown = _quoted(parts[-4:]) + (f", and then {shown}" if last and last[0] not in parts else "")
        happened = "{nick} saw the message in another form" if parts else "{nick} never saw the message"
        self.room.fail(
            Message(happened, nick=self.name),
            expected=Message('"{text}" stands on {nick}\'s screen, in one line', text=text, nick=self.name),
            observed=Message(seen, shown=shown),
            hint=hint if parts else self.why_nothing_is_shown(hint),
            where=self.room.sources.line_that_calls("recv", "recv_into", "readline", "read"),
            ending=ending,
            event=self.room.transcript.last_sent(text.split()[-1], or_any=True),
            mark="not shown like this" if parts else "not shown",
            recipient="" if parts else self.name,
            consequence_of=consequence_of if not parts else "",
        )

    def why_nothing_is_shown(self, otherwise: str) -> str:
        """The hint for a client that has read a message and keeps it in the buffer of its output; `otherwise` for all others."""
        guest = self.room.guest
        kept = guest is not None and self.room.taken_in(guest) and self.terminal.is_terminal
        calls = [call for function in self.room.sources.functions("client") for call in function.calls]
        return _UNFLUSHED if kept and any(map(_is_unflushed, calls)) else otherwise

    def shows(self, text: str) -> bool:
        """Whether a text has come to stand on her screen, be it wrapped: words stay whole enough to be read."""
        return self.terminal.shows(text) or is_shown(text, self.terminal.lines(), self.terminal.printed())

    def screen_texts(self) -> set[str]:
        """What has stood on her screen so far, numbers apart: a clock or a counter says nothing new."""
        return set(map(without_numbers, self.terminal.lines()))

    # -- what her client sends -------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The lines that our host has got, the nickname apart, also where it came without a newline and sticks to the first."""
        texts = self.came()
        return texts[1:] if texts[:1] == [self.name] else texts

    def came(self) -> list[str]:
        """The lines that our host has got; the nickname is one, also where it came without a newline and sticks to the next."""
        texts = [line.text.strip() for line in self.guest.lines]
        if texts and texts[0].startswith(self.name) and (first := texts[0][len(self.name) :]):
            return [self.name, first, *texts[1:]]
        return texts

    def sends(self, text: str, *, at_the_end: bool = False) -> bool:
        """Whether exactly this arrives at our host, or a line that ends in it; a missing newline is another check's matter."""
        guest = self.guest

        def arrived() -> bool:
            rest = guest.unfinished.strip()
            got = [*self.lines(), rest, rest.removeprefix(self.name)]
            return any(line.endswith(text) if at_the_end else line == text for line in got)

        return not self.room.wait(arrived)

    def sends_line(self, text: str, hint: str, what: str = "the line typed", *, blocks: bool = True) -> None:
        """Exactly this line arrives at our host, ended by a newline. `what` it is begins a sentence."""
        guest = self.guest
        ending = self.room.wait(lambda: text in self.lines() or any(line.text.strip() == text for line in guest.lines))
        if not ending:
            return
        if guest.unfinished.strip().endswith(text):
            self._fail_for_the_newline(text, blocks=blocks)
        got = [line for line in guest.lines if line.text.strip() != self.name or text == self.name]
        near = next((line for line in reversed(got) if text in line.text), None) or (got[-1] if got else None)
        self.room.fail(
            f"{what} was not sent as it is" if near else f"{what} is never sent",
            expected=Message('the server gets "{text}" and a newline (\\n) after it', text=text),
            observed=Message('it got "{line}"', line=near.text) if near else "it got nothing",
            hint=hint,
            ending=ending,
            event=near.event if near else self.room.transcript.last_sent(text.split()[-1], or_any=True),
            mark="came instead" if near else "never sent",
            recipient="" if near else guest.label,
            blocks=blocks,
        )

    def _fail_for_the_newline(self, text: str, *, blocks: bool) -> None:
        hint = 'append "\\n" to what you send: without it the server never knows that the line is complete'
        found = call_without_newline(self.room.sources)
        if found:
            told = "{call} sends what was typed without a newline; append it: {right}"
            hint = Message(told, call=found.call, right=found.right)
        self.room.fail(
            "what is typed is sent without a newline at its end",
            expected=Message('the server gets "{text}" and a newline (\\n) after it', text=text),
            observed=Message(
                'it got "{text}" and no newline, so a server goes on waiting for the end of the line', text=text
            ),
            hint=hint,
            where=found.where if found else None,
            event=self.guest.record_unfinished(),
            mark="the server goes on waiting",
            blocks=blocks,
        )

    @property
    def guest(self) -> Peer:
        """Her client's connection, as our host has it."""
        assert self.room.guest is not None, "somebody is connected"
        return self.room.guest


def _telling(text: str) -> list[str]:
    """Parts of a text that stand in no other text of a check: a word and the beginning of the next; a single word itself."""
    words = text.split()
    return [f"{word} {following[:2]}" for word, following in pairwise(words)] or words


_UNFLUSHED = (
    "what is printed without a newline at its end stays in a buffer: end it with one, or print it with flush=True"
)


def _is_unflushed(call: Call) -> bool:
    """Whether a call prints what may stay in the buffer of the output."""
    return (call.name == "print" and "end=" in call.text and "flush=" not in call.text) or (
        call.name == "write" and "stdout" in call.text
    )


def _quoted(lines: list[str]) -> str:
    return " and ".join(f'"{line}"' for line in lines)
