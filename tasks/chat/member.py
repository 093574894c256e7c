"""Somebody in the chat, at the other end of a connection: what she does, and what must reach her."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from grader.api import Expected, Message, Peer, exactly

if TYPE_CHECKING:
    from tasks.chat.room import ChatRoom


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

    def hears_once(self, line: Expected, hint: str = "", consequence_of: str = "") -> None:
        """The line reaches her, and only once."""
        self.room.expect_once(self.peer, line, hint, consequence_of=consequence_of)

    def hears_exactly(self, speaker: Member, text: str, hint: str = "") -> None:
        """What the speaker said reaches her once, in the codelab's own form."""
        self.hears_from(speaker, text, hint)
        self.room.expect_once(self.peer, self._in_form(speaker, text), hint, spreads=False)

    def hears_in_form(self, speaker: Member, text: str, hint: str = "") -> None:
        """What the speaker said reaches her in the codelab's own form; a line of this shape says nothing of others."""
        self.room.expect([(self.peer, self._in_form(speaker, text))], hint, spreads=False)

    def _in_form(self, speaker: Member, text: str) -> Expected:
        return self.room.lines.plain(exactly(self.room.typed("chat", name=speaker.name, text=text)))

    def hears_from(self, speaker: Member, text: str, hint: str = "") -> None:
        """What the speaker said reaches her under the speaker's name, in whatever form."""
        self.room.expect([(self.peer, self.room.said(speaker.name, text))], hint)

    def hears_nothing_of(self, text: str, hint: str = "") -> None:
        """No line with this text reaches her."""
        self.room.expect_nothing(self.peer, lambda line: text in line, Message('of "{text}"', text=text), hint)
