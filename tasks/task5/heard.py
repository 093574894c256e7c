"""A frame must reach somebody through the server; if it does not, what came in place of it, and what to do about it."""

from __future__ import annotations

from grader.api import HEADER, Line, Message, frame, in_hex, joined, last_crash
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.task5.dialects import cure_of_reader, read_by_server
from tasks.task5.framings import RIGHT, dialect_of
from tasks.task5.payloads import frame_of, nearest, relayed, wrong_inside

_LONG = 100  # bytes, from which nobody counts them
_NOTHING_UNDERSTOOD = (
    "the server passes on nothing, in whatever way it is framed: read four bytes, then as many as they say"
)


def hears(
    room: ChatRoom, hearer: Member, speaker: Member, payload: bytes, hint: str = "", what: str = "the message"
) -> None:
    """A frame with this payload, and nothing else in it but the name, reaches the hearer.

    Without a `hint` it is the first frame of a check, and the way to frame is in question; later a frame has come through.
    Raises CheckFailed when nothing can come any more.
    """
    forms = relayed(speaker.name, payload)
    seen = 0

    def arrived() -> bool:
        nonlocal seen
        start, seen = seen, len(hearer.peer.lines)
        return any(line.raw in forms for line in hearer.peer.lines[start:])

    ending = room.wait(arrived)
    if not ending:
        return
    near = nearest(hearer.peer.lines, payload)
    event = near.event if near else room.transcript.last_sent("", or_any=True)
    room.evidence_ends()
    observed, cure = _what_came(hearer, near, forms)
    if not hint and not near:
        cure = _cure_of_first(room, hearer, cure)
    room.fail(
        Message("{what} did not arrive as it was sent", what=Message.of(what)),
        expected=_wanted(hearer, forms),
        observed=observed,
        hint=cure or hint,
        ending=None if cure else ending,
        event=event,
        mark="not as it was sent" if near else "never arrived",
        recipient="" if near else hearer.peer.label,
    )


def _wanted(hearer: Member, forms: list[bytes]) -> Message:
    """Which frame the hearer should get; of a long one also how many bytes it has with the name."""
    payload, named = forms
    if len(payload) <= _LONG:
        return Message("{nick} gets {frame}", nick=hearer.name, frame=frame_of(payload))
    return Message(
        "{nick} gets a frame with {size} bytes, or {size_with_name} with the name: {bytes}",
        nick=hearer.name,
        size=f"{len(payload):,}",
        size_with_name=f"{len(named):,}",
        bytes=in_hex(frame(payload)),
    )


def _what_came(hearer: Member, near: Line | None, forms: list[bytes]) -> tuple[str, str]:
    """What the hearer got in place of the frame, and the cure where it is plain."""
    peer = hearer.peer
    payload, named = forms[0], forms[-1]
    if payload and HEADER.pack(len(payload)) + named in peer.stream and payload != named:
        told = "{nick} got {size} bytes after a header that says {claimed}"
        observed = Message(told, nick=hearer.name, size=f"{len(named):,}", claimed=f"{len(payload):,}")
        return observed, "the name counts, too: put the message together first, and then take its length"
    if near:
        cure = wrong_inside(near.raw, forms)
        observed = _got(hearer, frame_of(near.raw))
        return observed if cure else joined(observed, _first_difference(near.raw, forms)), cure
    dialect = dialect_of(peer.stream, [form for form in forms if form])
    if dialect:
        at = max(peer.stream.rfind(form) for form in forms)
        return joined(dialect.name, _got(hearer, in_hex(peer.stream[max(at - 8, 0) :])), by=": "), dialect.cure
    if peer.ended:
        return Message("{nick}'s connection was {how}", nick=hearer.name, how=Message.of(peer.ended)), ""
    if peer.tail:
        return _got(hearer, Message("bytes that are no whole frame: {bytes}", bytes=in_hex(peer.tail))), ""
    return _got(hearer, Message("nothing like it")), ""


def _got(hearer: Member, came: str) -> Message:
    return Message("{nick} got {came}", nick=hearer.name, came=came)


def _first_difference(raw: bytes, forms: list[bytes]) -> str:
    """From where on a payload of the right length holds something else, in words."""
    like = next((form for form in forms if len(form) == len(raw)), None)
    if like is None:
        return ""
    at = next(at for at, (one, other) in enumerate(zip(like, raw, strict=True)) if one != other)
    return Message(
        "from byte {place} on it holds something else: {bytes}", place=f"{at:,}", bytes=raw[at : at + 8].hex(" ")
    )


def _cure_of_first(room: ChatRoom, hearer: Member, cure: str) -> str:
    """What to do where no frame has come through yet; `cure` is what the bytes tell already."""
    has_crashed = last_crash(room.server.printed) is not None
    understood = _understood(room)
    tail = hearer.peer.tail
    if len(tail) >= HEADER.size and not _is_text(tail[: HEADER.size]) and understood in ("", _NOTHING_UNDERSTOOD):
        claimed = HEADER.unpack_from(tail)[0]
        cure = cure or Message(
            "its header says {size} bytes: each message, notices and welcomes too, is "
            "struct.pack('!I', len(data)) + data, and the length counts data alone",
            size=f"{claimed:,}",
        )
    cure = cure or understood or "each message is struct.pack('!I', len(data)) + data, and so are notices and welcomes"
    return "" if has_crashed and cure == _NOTHING_UNDERSTOOD else cure  # the traceback tells more


def _is_text(header: bytes) -> bool:
    """Whether these bytes are the beginning of a line rather than a length, in whatever way that is written."""
    return header.isascii() and header.decode("ascii").isprintable() and not header[:1].isdigit()


def _understood(room: ChatRoom) -> str:
    """The cure for a server that takes messages framed in another way; nothing if it takes ours."""
    way, _ = read_by_server(room)
    if way is RIGHT or room.ended():
        return ""
    if way is None:
        return _NOTHING_UNDERSTOOD
    return cure_of_reader("server", way)
