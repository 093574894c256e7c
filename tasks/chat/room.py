"""The room of a chat: who comes in, who is in, and what all of them must hear."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from grader.api import (
    CheckFailed,
    Expected,
    Failure,
    FrameBuffer,
    Line,
    Message,
    Peer,
    Room,
    RunSpec,
    Surroundings,
    frame,
    without_numbers,
)
from tasks import ids
from tasks.chat.explained import require_explained
from tasks.chat.faults import Matter, Violation
from tasks.chat.history import NEVER, Act, Going, Person, forget, note_altered, read
from tasks.chat.member import Member
from tasks.chat.model import violations
from tasks.chat.telling import blamed, failure_of, spoils
from tasks.chat.user import User
from tasks.lines import Lines
from tasks.wording import FRAMED


class ChatRoom(Room):
    """A room whose people chat by the codelab's rules: in lines, or for Task 5 in frames."""

    def __init__(self, setup: RunSpec, check_id: str, home: Path, isolation: Surroundings) -> None:
        self.check_id = check_id
        self.framed = check_id == ids.MEET_IN_FRAMES or check_id.startswith(f"{ids.FRAMED_TASK}.")
        if self.framed:
            setup = replace(setup, files=_framed(setup.files), names=_framed(setup.names))
            self.buffer = FrameBuffer
        self.encode: Callable[[bytes], bytes] = frame if self.framed else lambda data: data + b"\n"
        self.lines = lines = Lines(setup.wording, lambda text: self.words.hold(text))
        self.typed, self.said, self.renamed, self.done = lines.typed, lines.said, lines.renamed, lines.done
        self.users: list[User] = []
        self._relays_nothing = False  # a fence has found out
        self.about_pace = ids.FRAMES if self.framed else ids.BROADCAST
        super().__init__(setup, check_id, home, isolation)

    def start(self) -> None:
        """Start the server into an empty chat."""
        self.members: list[Member] = []
        self.active: set[Member] = set()  # who has said something since all was last dealt with
        self.admitted: dict[Peer, int] = {}  # from which event on they were known to be in
        self._pauses: list[tuple[int, int]] = []  # from one event to another, the server stood still
        super().start()

    # -- who is at a client ----------------------------------------------------------------------------------------

    @property
    def guest(self) -> Peer | None:
        """The connection of the client to our host: the first that says something, else the latest."""
        guests = self.host.guests if self.host else []
        talking = (guest for guest in guests if guest.lines or guest.unfinished)
        return next(talking, guests[-1] if guests else None)

    def user(self, flood_is_about: str = "") -> User:
        """Somebody starts the student's client; she has not typed anything yet."""
        self.users.append(User(self, self.words.name(), flood_is_about))
        return self.users[-1]

    def user_in_chat(self) -> User:
        """Somebody has started the student's client and given her nickname."""
        user = self.user(ids.CLIENT_SHOWS_WHILE_TYPING)
        user.arrives()
        user.tries_to_chat()
        if not (user.has_sent() or user.is_in_the_chat()):
            self.fail(
                "the client sends no nickname",
                expected=Message('"{nick}" is typed and sent as the nickname', nick=user.name),
                observed="the server got nothing",
                ending=self.wait(lambda: False),
                consequence_of=ids.CLIENT_FRAMES if self.framed else ids.CLIENT_CONNECTS,
            )
        self.rest()
        return user

    def two_users_chat(self) -> None:
        """Two people at the student's client, with the student's server: each sees what the other types."""
        people = [self.user_in_chat(), self.user_in_chat()]
        for speaker, reader in (people, people[::-1]):
            speaker.types(text := self.words.text())
            hint = "{nick} typed it into the client; the server should pass it on to the other one"
            reader.sees(text, Message(hint, nick=speaker.name))

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

    def company(self, count: int) -> list[Member]:
        """As many people come in, and the first says a plain line that the others hear: it shows how this server writes one."""
        people = self.join(count)
        people[0].says(text := self.words.text())
        self.all_hear(people, people[0], [text])
        return people

    def _await_admission(self, newcomer: Member, since: int) -> None:
        """Somebody hears of her, or the server has read her nickname and rests."""
        witnesses = self.members[-1:]

        def heard_of() -> bool:
            return any(
                line.event >= since and newcomer.name in line.text for one in witnesses for line in one.peer.lines[-40:]
            )

        self.rest(heard_of)
        if heard_of() or (self.taken_in(newcomer.peer) and not newcomer.peer.ended):
            self.admitted[newcomer.peer] = len(self.transcript)
            return
        lost = f"the server ended her connection ({newcomer.peer.ended})"
        self.fail(
            Message("{nick} could not join", nick=newcomer.name),
            expected=Message("{nick} connects, sends her nickname and is in the chat", nick=newcomer.name),
            observed=lost if newcomer.peer.ended else "the server never read her nickname",
            hint="the server is busy with something else: accept() and each client need a thread of their own",
            ending=self.wait(lambda: False),
            event=newcomer.peer.lines[-1].event if newcomer.peer.lines else None,
            consequence_of=ids.FRAMES if self.framed else ids.JOIN,
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

    # -- the lines about somebody -----------------------------------------------------------------------------------

    def joined(self, member: Member) -> Expected:
        """The notice that she came."""
        return self.lines.joined(member.name)

    def left(self, member: Member | User, *, exact: bool = False) -> Expected:
        """The notice that she left; unless `exact`, where it never comes, any line of the server's own that names her."""
        return self.lines.left(member.name, member.gone_since, exact=exact)

    # -- all that happened -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def server_paused(self) -> Iterator[None]:
        """Pause the server within the block: all that is done there comes at once."""
        begun = len(self.transcript)
        with super().server_paused():
            yield
        self._pauses.append((begun, len(self.transcript)))

    def conclude(self) -> None:
        """Hold all that was heard, shown and sent against the rules of the chat."""
        if self.check_id.startswith("interop."):
            return
        for user in self.users:
            require_explained(user, self.check_id)
        if self.peers:
            self._hold_against_the_rules()

    def _hold_against_the_rules(self) -> None:
        people = list(map(self._person, self.peers))
        note_altered(people)
        try:
            self._judge_lines(people)
        finally:
            forget(people)

    def _judge_lines(self, people: list[Person]) -> None:
        settled = self.is_settled()
        found, proven = violations(
            people,
            self.lines,
            # A fence proves that messages are dealt with; a notice may wait for a timer.
            due=[Matter.MESSAGES, Matter.JOINS] if self.rest() else [Matter.MESSAGES] if settled else [],
            strangers=set(self.words.names_drawn) - {name for one in people for name in one.names(NEVER)},
            framed=self.framed,
        )
        kinds = [(*whose, broken, self._told(broken)) for whose, broken in blamed(found, self.check_id, proven)]
        for owner, unless, _, failure in kinds:
            self.testify(owner, failure, unless)
        for owner, unless, _, failure in kinds:
            if owner == self.check_id and not unless:
                raise CheckFailed(failure)
        for owner, unless, broken, failure in kinds:
            if owner != self.check_id and spoils(broken, self.check_id):
                other = "".join(unless[:1])
                raise CheckFailed(replace(failure, consequence_of=owner, blocked_by=other))

    def _told(self, broken: Violation) -> Failure:
        text = broken.saying.text if broken.saying else broken.name
        return failure_of(broken, self.transcript.last_sent(text))

    def _person(self, peer: Peer) -> Person:
        def busy(event: int) -> bool:
            return any(begun <= event < ended for begun, ended in self._pauses)

        person = Person(peer.label, peer.lines)
        read(person, peer.sent, self.buffer(), self.lines, busy)
        person.admitted = self.admitted.get(peer, NEVER)
        person.hears = peer.reading and not peer.ended and not peer.left
        said_exit = next((one.ended for one in person.sayings if one.act is Act.EXIT), NEVER)
        left = NEVER if peer.left_at is None else peer.left_at
        person.went = min(said_exit, left)
        hung_up = peer.ended and said_exit == NEVER and (peer.ended_at or 0) < left
        if hung_up:  # others may hear of it before we see it
            person.went, person.going = person.came, Going.HUNG_UP
        elif person.went != NEVER:
            person.going = Going.EXIT if said_exit < left else Going.RESET if peer.left_by_reset else Going.CLOSED
            person.going_alone = not busy(person.went)
        return person

    # -- what must come --------------------------------------------------------------------------------------------

    def expect(
        self,
        expectations: Iterable[tuple[Peer, Expected]],
        hint: str = "",
        *,
        consequence_of: str = "",
        blocked_by: str = "",
        spreads: bool = True,
    ) -> None:
        """As every room; where messages are awaited, it is the matter of the first check of messages that none come through."""
        expectations = list(expectations)
        if all(line.keyed for _, line in expectations):
            blocked_by = blocked_by or self.about_pace
        super().expect(expectations, hint, consequence_of=consequence_of, blocked_by=blocked_by, spreads=spreads)

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
        if self._relays_nothing:
            return False
        first, second = present[0], present[-1]
        speakers = [member for member in present if member in self.active] or [first]
        if not all(self._hear_markers(speaking, present) for speaking in (speakers, [second], [first])):
            self._relays_nothing = True
            return False
        self.active.clear()
        return True

    def _hear_markers(self, speakers: list[Member], present: list[Member]) -> bool:
        """Have each speaker say a marker, and wait for it; whether everybody else who is present has heard it."""
        markers = [(speaker, self.words.text()) for speaker in speakers]
        for speaker, text in markers:
            speaker.says(text)
        expected = [(one.peer, self.said(by.name, text)) for by, text in markers for one in present if one is not by]
        in_doubt = self.setup.patience.doubts(self.about_pace)
        return not self.wait(lambda: all(line.among(peer) for peer, line in expected), in_doubt=in_doubt)


_T = TypeVar("_T")


def _framed(by_role: Mapping[str, _T]) -> dict[str, _T]:
    """What belongs to Task 5's programs, by the roles that they play there."""
    return {role: by_role[FRAMED + role] for role in ("server", "client") if FRAMED + role in by_role}
