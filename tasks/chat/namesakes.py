"""Two people under one name: a client is its connection, its name is only what others see."""

from __future__ import annotations

from grader.api import without_numbers
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.lines import Form


def namesake_of(room: ChatRoom, member: Member, witness: Member) -> Member | None:
    """Somebody comes in under the same name; None where the server refuses or alters it, or parts with one of the two."""
    form = _form_of_a_message(room, member, witness)
    twin = room.arrive(member.name)
    room.rest()
    if form and form == _form_of_a_message(room, twin, witness) and not (member.peer.ended or twin.peer.ended):
        room.members.append(twin)
        return twin
    return None


def form_shown(room: ChatRoom, speaker: Member, hearer: Member) -> Form:
    """The form of this server's messages, as one shows it that somebody says now."""
    speaker.says(text := room.words.text())
    hearer.hears_from(speaker, text)
    line = room.said(speaker.name, text).among(hearer.peer)[0].text
    return Form.of(line.rstrip().removesuffix(text), speaker.name)


def _form_of_a_message(room: ChatRoom, speaker: Member, witness: Member) -> str:
    """What stands before a message of hers, numbers apart; empty when it never comes."""
    speaker.says(text := room.words.text())
    said = room.said(speaker.name, text)
    room.wait(lambda: bool(said.among(witness.peer)) or bool(speaker.peer.ended))
    came = said.among(witness.peer)
    return without_numbers(came[0].text.rstrip().removesuffix(text)) if came else ""
