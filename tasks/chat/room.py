"""The words that the checks are written in: people who join a chat, say lines, hear lines and leave."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from grader.api import (
    Expected,
    FrameBuffer,
    Line,
    Peer,
    Room,
    Setup,
    Surroundings,
    exactly,
    frame,
    holds_word_of_ours,
    without_numbers,
)
from tasks import ids
from tasks.chat.user import User
from tasks.task5.dialects import look_for_frames
from tasks.wording import FRAMED


class Member:
    """Somebody in the chat, under a name."""

    def __init__(self, room: ChatRoom, peer: Peer, name: str) -> None:
        self.room, self.peer, self.name = room, peer, name

    def __repr__(self) -> str:
        return f"<Member {self.name}>"

    # -- what she does ---------------------------------------------------------------------------------------------

    def says(self, text: str) -> None:
        """Send one line."""
        self.sends(self.room.encode(text.encode()))

    def sends(self, data: bytes) -> None:
        """Send these bytes in one segment."""
        self.room.acted()
        self.room.active.add(self)
        self.peer.send(data)

    def sends_in_pieces(self, pieces: Iterable[bytes]) -> None:
        """Send each piece only when the server has read the one before: they never merge on the way."""
        for piece in pieces:
            self.sends(piece)
            self.room.wait(lambda: self.room.taken_in(self.peer))

    def renames(self, new: str) -> None:
        """Ask for a new name, and go by it."""
        self.says(self.room.typed("rename", new=new))
        self.name = self.peer.label = new

    def closes(self) -> None:
        """Leave by closing the connection."""
        self._goes(self.peer.close)

    def resets(self) -> None:
        """Vanish with a reset (RST)."""
        self._goes(self.peer.reset)

    def _goes(self, how: Callable[[], None]) -> None:
        self.room.acted()
        self.gone_since = len(self.room.transcript) - 1
        self.room.members = [member for member in self.room.members if member is not self]
        self.room.active.discard(self)
        how()

    gone_since = -1

    # -- what she hears --------------------------------------------------------------------------------------------

    def hears(self, line: str, hint: str = "") -> None:
        """That very line reaches her."""
        self.room.expect([(self.peer, self.room.plain(exactly(line)))], hint)

    def hears_once(self, line: str | Expected, hint: str = "", unless: str = "") -> None:
        """The line reaches her, and only once."""
        expected = self.room.plain(exactly(line)) if isinstance(line, str) else line
        self.room.expect_once(self.peer, expected, hint, unless=unless)

    def hears_from(self, speaker: Member, text: str, hint: str = "") -> None:
        """What the speaker said reaches her under the speaker's name, in whatever form."""
        self.room.expect([(self.peer, self.room.said(speaker.name, text))], hint)

    def hears_nothing_of(self, text: str, hint: str = "") -> None:
        """No line with this text reaches her."""
        self.room.expect_nothing(self.peer, lambda line: text in line, f'of "{text}"', hint)


class ChatRoom(Room):
    """A room whose people chat by the codelab's rules: in lines, or for Task 5 in frames."""

    def __init__(self, setup: Setup, check_id: str, home: Path, isolation: Surroundings) -> None:
        framed = check_id.startswith(("task5.", "interop.frames"))
        if framed:
            setup = replace(setup, files=_framed(setup.files), names=_framed(setup.names))
            self.buffer = FrameBuffer
        elif not check_id.startswith("interop."):
            self.second_look = partial(look_for_frames, self)
        self.encode: Callable[[bytes], bytes] = frame if framed else lambda data: data + b"\n"
        self.users: list[User] = []
        super().__init__(setup, check_id, home, isolation)

    def start(self) -> None:
        """Start the server into an empty chat."""
        self.members: list[Member] = []
        self.active: set[Member] = set()  # who has said something since all was last dealt with
        super().start()

    # -- who is at a client ----------------------------------------------------------------------------------------

    @property
    def guest(self) -> Peer | None:
        """The connection of the client to our host: the first that says something, else the latest."""
        guests = self.host.guests if self.host else []
        talking = (guest for guest in guests if guest.lines or guest.unfinished)
        return next(talking, guests[-1] if guests else None)

    def delivers(self, data: bytes) -> None:
        """Our host sends these bytes to the client, and waits until it has dealt with them: pieces never merge on the way."""
        assert self.guest is not None, "somebody is connected"
        self.acted()
        self.guest.send(data)
        self.rest()

    def user(self, flood_is_about: str = "") -> User:
        """Somebody starts the student's client; she has not typed anything yet."""
        self.users.append(User(self, self.words.name(), flood_is_about))
        return self.users[-1]

    def user_in_chat(self) -> User:
        """Somebody has started the student's client and given her nickname."""
        user = self.user(ids.CLIENT_SHOWS_WHILE_TYPING)
        user.arrives()
        if not (user.has_sent() or user.is_in_the_chat()):
            self.fail(
                "the client sends no nickname",
                expected=f'"{user.name}" is typed and sent as the nickname',
                observed="the server got nothing",
                ending=self.wait(lambda: False),
                unless=ids.CLIENT_CONNECTS,
            )
        self.rest()
        return user

    def two_users_chat(self) -> None:
        """Two people at the student's client, with the student's server: each sees what the other types."""
        people = [self.user_in_chat(), self.user_in_chat()]
        for speaker, reader in (people, people[::-1]):
            speaker.types(text := self.words.text())
            reader.sees(text, f"{speaker.name} typed it into the client; the server should pass it on to the other one")

    # -- who is in -------------------------------------------------------------------------------------------------

    def arrive(self, name: str = "", first: bytes | None = None) -> Member:
        """Connect and send the nickname (or the bytes `first`), without waiting."""
        name = name or self.words.name()
        member = Member(self, self.connect(name), name)
        member.sends(self.encode(name.encode()) if first is None else first)
        return member

    def arrive_at(self, host: str, hint: str) -> Member:
        """Connect to this address of the machine and send a nickname; CheckFailed with the hint when it is refused."""
        name = self.words.name()
        visitor = Member(self, self.connect(name, host, hint), name)
        visitor.says(name)
        return visitor

    def arrive_from_elsewhere(self) -> Member:
        """Connect as from another machine and send a nickname; CheckFailed when it is refused."""
        return self.arrive_at(
            self.lan_address, "bind() must be given '0.0.0.0', which stands for every IPv4 address of the machine"
        )

    def join_one(self, name: str = "", first: bytes | None = None) -> Member:
        """Somebody comes in; returns when she is known to be in."""
        since = len(self.transcript)
        member = self.arrive(name, first)
        self._await_admission(member, since)
        self.members.append(member)
        return member

    def join_from_elsewhere(self) -> Member:
        """Somebody at another machine comes in; returns when she is known to be in."""
        since = len(self.transcript)
        visitor = self.arrive_from_elsewhere()
        self._await_admission(visitor, since)
        self.members.append(visitor)
        return visitor

    def join(self, count: int) -> list[Member]:
        """As many people come in, one after the other; at the end the server has nothing more to do for any of them."""
        newcomers = [self.join_one() for _ in range(count)]
        self.rest()
        return newcomers

    def _await_admission(self, newcomer: Member, since: int) -> None:
        """Somebody hears of her, or the server has read her nickname and rests."""
        witnesses = self.members[-1:]

        def heard_of() -> bool:
            return any(
                line.event >= since and newcomer.name in line.text for one in witnesses for line in one.peer.lines[-40:]
            )

        self.rest(heard_of)
        if heard_of() or (self.taken_in(newcomer.peer) and not newcomer.peer.ended):
            return
        lost = f"the server ended her connection ({newcomer.peer.ended})"
        self.fail(
            f"{newcomer.name} could not join",
            expected=f"{newcomer.name} connects, sends her nickname and is in the chat",
            observed=lost if newcomer.peer.ended else "the server never read her nickname",
            hint="the server is busy with something else: accept() and each client need a thread of their own",
            ending=self.wait(lambda: False),
            event=newcomer.peer.lines[-1].event if newcomer.peer.lines else None,
            unless=ids.FRAMES if self.buffer is FrameBuffer else ids.JOIN,
        )

    def go_one_by_one(self, leavers: Iterable[Member], how: Callable[[Member], None] = Member.closes) -> None:
        """People leave, each only when the leave of the one before was heard of: going together is another story."""
        for leaver in leavers:
            how(leaver)
            self.await_leave(leaver)

    def await_leave(self, leaver: Member) -> bool:
        """Wait until somebody hears that she is gone, or the server rests; whether it was heard."""
        witnesses = self.members[-1:]
        expected = self.left(leaver)

        def heard_of() -> bool:
            return any(expected.among(one.peer) for one in witnesses)

        self.rest(heard_of)
        return heard_of()

    # -- the lines of the codelab ----------------------------------------------------------------------------------

    def typed(self, word: str, **values: str) -> str:
        """The words as the course writes them, such as the line that asks for a new name."""
        return self._forms(word, **values)[0]

    def joined(self, member: Member | User, since: int = -1) -> Expected:
        """The notice that she came."""
        return self._notice("joined", since, name=member.name)

    def left(self, member: Member | User, *, exact: bool = False) -> Expected:
        """The notice that she left: by the word, or else any line of the server's that names her since she went."""
        notice = self._notice("left", member.gone_since, name=member.name)
        if exact:
            return notice
        joined = self.joined(member)  # may come late from a server that sends in batches

        def accepts(line: str) -> bool:
            return notice.accepts(line) or (
                _names(line, member.name) and not holds_word_of_ours(line) and not joined.accepts(line)
            )

        return notice._replace(accepts=accepts)

    def renamed(self, old: str, new: str, since: int = -1) -> Expected:
        """The notice that somebody has a new name."""
        return self._notice("renamed", since, old=old, new=new)

    def said(self, name: str, text: str, since: int = -1) -> Expected:
        """A chat line in whatever form: the text at its end, before it the name or nothing with letters."""
        wanted = text.rstrip()

        def accepts(line: str) -> bool:
            line = self._without_prompt(line).rstrip()
            if not line.endswith(wanted):
                return False
            before = line[: len(line) - len(wanted)]
            rest = before.replace(name, "", 1)
            return (rest != before or not any(map(str.isalpha, before))) and not holds_word_of_ours(rest)

        return Expected(self._forms("chat", name=name, text=text)[0], accepts, since=since)

    def done(self) -> Expected:
        """The answer to EXIT."""
        wanted = [form.strip() for form in self._forms("done")]
        return Expected(wanted[0], lambda line: self._without_prompt(line).strip() in wanted, keyed=False)

    def plain(self, expected: Expected) -> Expected:
        """The same, whether a prompt stands before it or not."""
        return expected._replace(
            accepts=lambda line: expected.accepts(line) or expected.accepts(self._without_prompt(line))
        )

    def _notice(self, word: str, since: int, **values: str) -> Expected:
        forms = self._forms(word, **values)
        wanted = {_bare(form) for form in forms}
        return Expected(
            forms[0],
            lambda line: _bare(self._without_prompt(line)) in wanted,
            keyed=False,
            since=since,
            names=tuple(values.values()),
        )

    def _forms(self, word: str, **values: str) -> list[str]:
        forms = self.setup.wording[word]
        return [str(form).format(**values) for form in (forms if isinstance(forms, list) else [forms])]

    def _without_prompt(self, line: str) -> str:
        for prompt in self._forms("prompt"):
            if line.startswith(prompt):
                return line[len(prompt) :]
        return line

    # -- many at once ----------------------------------------------------------------------------------------------

    def all_hear(self, hearers: Iterable[Member], speaker: Member, texts: Iterable[str], hint: str = "") -> None:
        """Each of them hears each text from the speaker."""
        hearers = list(hearers)
        self.expect(
            [(one.peer, self.said(speaker.name, text)) for text in texts for one in hearers if one is not speaker], hint
        )

    def still_chats(self, hint: str = "the server must go on for everyone else") -> None:
        """Two people who are in, the first and the last, can still talk to each other."""
        first, last = self.members[0], self.members[-1]
        for speaker, hearer in ((first, last), (last, first)):
            speaker.says(text := self.words.text())
            hearer.hears_from(speaker, text, hint)

    def comes_by_itself(self, member: Member, line: str) -> bool:
        """Whether a line comes again, numbers apart, although nobody does anything: then it says nothing about anybody."""

        def count() -> int:
            return sum(without_numbers(one.text) == without_numbers(line) for one in member.peer.lines)

        before = count()
        return not self.wait(lambda: count() > before)

    def lines_since(self, member: Member, since: int) -> list[Line]:
        """What she has heard since an event."""
        return [line for line in member.peer.lines if line.event >= since]

    def fence(self) -> bool:
        """Prove that everything said is dealt with: markers that must come after it.

        Those who spoke say a marker; when it is heard, one says another that everybody else must hear, and for her own
        ears somebody else says a third. It holds for servers that handle one connection's lines in order.
        """
        present = [member for member in self.members if not member.peer.ended and member.peer.reading]
        if len(present) < 2:
            return True
        first, second = present[0], present[-1]
        speakers = [member for member in present if member in self.active] or [first]
        for round_of in (speakers, [second], [first]):
            markers = [(speaker, self.words.text()) for speaker in round_of]
            for speaker, text in markers:
                speaker.says(text)
            expected = [
                (one.peer, self.said(by.name, text)) for by, text in markers for one in present if one is not by
            ]
            if self.wait(lambda: all(line.among(peer) for peer, line in expected)):  # noqa: B023 - used up at once
                return False
        self.active.clear()
        return True


_T = TypeVar("_T")


def _framed(by_role: Mapping[str, _T]) -> dict[str, _T]:
    """What belongs to Task 5's programs, by the roles that they play there."""
    return {role: by_role[FRAMED + role] for role in ("server", "client") if FRAMED + role in by_role}


def _names(line: str, name: str) -> bool:
    """Whether the name stands in the line as a word of its own."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", line) is not None


def _bare(notice: str) -> str:
    """A notice without blanks at its ends and without one final full stop or exclamation mark."""
    notice = notice.strip()
    return notice[:-1].rstrip() if notice.endswith((".", "!")) else notice
