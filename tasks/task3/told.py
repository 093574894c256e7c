"""Whether a new name has taken effect: by the notice, in whatever words, and where there is none by the next message."""

from __future__ import annotations

import re

from grader.api import Expected
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.lines import names


def renames(room: ChatRoom, member: Member, new: str) -> None:
    """She asks for a new name; what she says after it comes in a segment of its own."""
    member.renames(new)
    room.wait(lambda: room.taken_in(member.peer))


def takes_effect(
    room: ChatRoom, renamed: Member, hearer: Member, olds: tuple[str, ...], hint: str, text: str = ""
) -> None:
    """The notice comes, with whichever of the old names; without it, what she says (or this text) comes under the new one."""
    notices = [room.renamed(old, renamed.name) for old in olds]
    if room.wait(lambda: any(notice.among(hearer.peer) for notice in notices)):
        comes_under_new_name(room, renamed, hearer, hint, text)


def comes_under_new_name(room: ChatRoom, renamed: Member, hearer: Member, hint: str, text: str = "") -> None:
    """What she says (or this text) comes under her name; that names are told and never used is a matter of its own."""
    if not text:
        renamed.says(text := room.words.text())
    room.expect([(hearer.peer, room.said(renamed.name, text))], hint, consequence_of=ids.NEW_NAME_USED)


class NewNames:
    """One new name of somebody after the other, told to one hearer in the words of the first notice."""

    def __init__(self, room: ChatRoom, member: Member, hearer: Member, hint: str) -> None:
        self._room, self._member, self._hearer, self._hint = room, member, hearer, hint
        self._first = True
        self._words: str | None = None  # those of the server's own notice, a pattern; the codelab's while it is None
        self._silent = False

    def renames(self, new: str) -> None:
        """She asks for a new name, and the hearer is told it with the one before."""
        room, old, since = self._room, self._member.name, len(self._room.transcript)
        renames(room, self._member, new)
        notice = room.renamed(old, new)
        if self._first:
            self._first = False
            if room.wait(lambda: bool(notice.among(self._hearer.peer))):
                self._learn(old, new, since)
        if self._silent:
            comes_under_new_name(room, self._member, self._hearer, self._hint)
        else:
            room.expect([(self._hearer.peer, self._in_its_words(notice, old, new))], self._hint)

    def _learn(self, old: str, new: str, since: int) -> None:
        """The words of the line that tells both names, if there is one."""
        lines = (self._room.lines.bare(line.text) for line in self._room.lines_since(self._hearer, since))
        told = next((line for line in lines if names(line, old) and names(line, new)), None)
        self._silent = told is None
        if told:
            marked = told.replace(new, "\1", 1).replace(old, "\0", 1)
            self._words = r"\d+".join(map(re.escape, re.split(r"\d+", marked)))

    def _in_its_words(self, notice: Expected, old: str, new: str) -> Expected:
        if self._words is None:
            return notice
        wanted = re.compile(self._words.replace("\1", re.escape(new)).replace("\0", re.escape(old)))
        return notice._replace(accepts=lambda line: wanted.fullmatch(self._room.lines.bare(line)) is not None)
