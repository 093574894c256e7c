"""Task 5, the homework: frames with their length before them in place of lines."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from grader.api import HEADER, Line, check, frame, in_hex, last_crash
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.task5.dialects import cure_of_reader, look_how_client_reads, read_by_server
from tasks.task5.framings import LINES, NO_HEADER, RIGHT, dialect_of

# Around the edges of headers, of one byte, of usual recv() sizes (with and without the header), and large ones.
SIZES = (0, 1, 255, 256, 1_020, 1_023, 1_024, 1_025, 4_092, 4_096, 65_535, 65_536, 1 << 20, 16 << 20)
SENDERS, AT_ONCE, SMALL, MANY = 4, 200_000, 40, 30
MERGED = 100
HUGE_CLAIM, BOUNDED = b"\xff\xff\xff\xff", 200 << 20  # a header; bytes of memory that nobody needs for it
FOLLOWS = 1 << 20  # bytes that come after the huge claim
ODD = "grüße 漢字 🎉"


@check(ids.FRAMES, points=3)
def frames(room: ChatRoom) -> None:
    """Name frame, then message frames, some beyond ASCII: everyone else gets well-formed frames.

    Does: three people join with a frame that holds the nickname, and two of them say something in frames, once beyond ASCII. Both
    others must get it in a frame of its own, with the name before it or alone, and nothing that is no frame.

    Why: a frame that is not exactly as long as it says spoils everything that comes after it.

    Mistakes:
    - struct.pack('<I', n), or 'I' without '!' -> the other side waits for millions of bytes
    - len(text) in place of len(text.encode()) -> right until somebody writes an ü
    - a newline is still appended -> it is taken for the beginning of the next header

    Codelab: section 4 (advanced option) and section 5, Task 5
    """
    for name in (room.words.name(), room.words.name(), f"{room.words.name()}é"):
        room.members.append(room.arrive(name))
        room.rest()
    people = list(room.members)
    said = []
    for speaker, text in zip(reversed(people), (room.words.text(), f"{ODD} {room.words.text()}"), strict=False):
        speaker.says(text)
        said.append((speaker, text))
        for other in people:
            if other is not speaker:
                _hears(room, other, speaker, text.encode())
    room.settle()
    for one in people:
        if one.peer.unfinished:
            dialect = dialect_of(one.peer.stream, [ODD.encode()])
            room.fail(
                f"{one.name} got bytes that are no frame",
                expected="after the last frame nothing more comes",
                observed=f"{len(one.peer.tail)} bytes are left over: {in_hex(one.peer.tail)}",
                hint=dialect.cure if dialect else "send exactly as many bytes as the header says",
                meant=True,
            )


@check("task5.sizes", points=1, needs=frames)
def sizes(room: ChatRoom) -> None:
    """Payloads of 0, 1, 255, 256, 1,023 to 1,025, 65,535, 65,536, 1 MiB and 16 MiB arrive whole.

    Does: sends payloads of these sizes (and of some more around usual recv() sizes), each when the one before has arrived.
    However long a large one takes, it is waited for as long as the server is at it.

    Why: at these sizes headers and recv() calls come to their edges.

    Mistakes:
    - a payload of length 0 is taken for the end of the connection -> whoever says nothing is thrown out
    - recv(n) is believed to give n bytes -> large messages are cut
    - data = data + chunk for each small piece -> 16 MiB take minutes

    Codelab: section 5, Task 5
    """
    ada, bob = room.join(2)
    for size in SIZES:
        payload = _payload(room, size)
        ada.sends(frame(payload))
        hint = (
            f"a payload of {size:,} bytes must arrive whole: collect bytes until there are as many as the header says"
        )
        if size == 0:
            hint = "a payload of length 0 is a message like any other: only recv() == b'' is the end of the connection"
        _hears(room, bob, ada, payload, hint, what=f"the payload of {size:,} bytes")


@check("task5.binary", points=3, needs=frames)
def binary(room: ChatRoom) -> None:
    r"""All 256 byte values, newlines and NULs, unchanged.

    Does: sends all byte values, newlines only, what looks like headers, and bytes that are no UTF-8; each payload must arrive
    byte for byte.

    Why: this is what the length prefix is for: the payload may hold anything.

    Mistakes:
    - the payload is decoded and encoded again -> other bytes come out, or an exception ends the thread
    - strip(), or a split at newlines, is still there -> bytes are lost

    Codelab: section 4 (advanced option) and section 5, Task 5
    """
    ada, bob = room.join(2)
    end = room.words.text().encode()
    for payload in (
        bytes(range(256)),
        b"\n\r\n\n" + end + b"\n",
        frame(frame(b"\0\0\0\1")),
        b"\xff\xfe\xc3(\xf0\x9f " + end,
    ):
        ada.sends(frame(payload))
        hint = "pass the payload on as the bytes that came: no decode(), no strip(), no split()"
        _hears(room, bob, ada, payload, hint, what="the binary payload")


@check("task5.split-header", points=2, needs=frames)
def split_header(room: ChatRoom) -> None:
    """Header and payload a byte at a time.

    Does: sends a name frame and a message frame byte by byte, each when the server has read the one before.

    Why: recv(4) gives at most four bytes, and may give one.

    Mistakes:
    - struct.unpack('!I', conn.recv(4)) -> struct.error when fewer than four bytes came
    - the payload is read with a single recv(n) -> it is cut, and its rest is taken for a header

    Codelab: section 4 (advanced option)
    """
    [bob] = room.join(1)
    name = room.words.name()
    ada = Member(room, room.connect(name), name)
    hint = "recv(4) may give fewer than four bytes: loop until you have as many as you need, for header and payload"
    for text in (name, f"{ODD} {room.words.text()}"):
        ada.sends_in_pieces(bytes([byte]) for byte in frame(text.encode()))
    _hears(room, bob, ada, text.encode(), hint)


@check("task5.merged", points=2, needs=frames)
def merged(room: ChatRoom) -> None:
    """100 frames in one segment.

    Does: sends 100 frames with one send(); each must arrive.

    Why: one recv() may give many frames, and a piece of the next.

    Mistakes:
    - recv(1024) for the header -> what came behind it is lost
    - one frame is handled for each recv() -> the others wait until more comes

    Codelab: section 4 (advanced option)
    """
    ada, bob = room.join(2)
    texts = [room.words.text() for _ in range(MERGED)]
    ada.sends(b"".join(frame(text.encode()) for text in texts))
    for text in texts:
        _hears(
            room, bob, ada, text.encode(), "read exactly four bytes, then exactly the payload; keep what came beyond it"
        )


@check("task5.concurrent", points=2, needs=frames)
def concurrent(room: ChatRoom) -> None:
    """4 senders at once, 200 kB messages: no frame is torn or mixed.

    Does: four people say 200 kB each in the same instant, twice, and then thirty times a short message; everyone else must get
    each of them whole.

    Why: sendall() of a large message takes several steps, and another thread may send to the same client in between.

    Mistakes:
    - two threads call sendall() on one socket without a lock for that socket -> one frame lands inside another one

    Codelab: section 5, Task 5
    """
    room.more_than_buffers_hold()  # small buffers, so that a large message takes many steps
    people = room.join(SENDERS)
    hint = "one lock (or one writing thread) for each client, held while a whole frame is sent: header and payload together"
    for size in (AT_ONCE, AT_ONCE, *[SMALL] * MANY):
        said = [(speaker, _payload(room, size)) for speaker in people]
        with room.server_paused():
            for speaker, payload in said:
                speaker.sends(frame(payload))
        for speaker, payload in said:
            for other in people:
                if other is not speaker:
                    _hears(room, other, speaker, payload, hint, what=f"{speaker.name}'s {size:,} bytes")


@check("task5.truncated", points=1, needs=frames)
def truncated(room: ChatRoom) -> None:
    """Gone in mid-header or mid-payload: no part of it is delivered, the others go on.

    Does: one client goes after two bytes of a header, one after half a payload, each by closing and by a reset.

    Why: what is not whole is no message.

    Mistakes:
    - what has come is passed on when recv() gives b'' -> half a message, with a name before it
    - struct.error at two bytes of a header is not caught -> the thread ends without a leave

    Codelab: section 4 (advanced option)
    """
    ada, bob = room.join(2)
    for how in (Member.closes, Member.resets):
        for cut in (2, None):
            leaver = room.join_one()
            text = room.words.text()
            whole = frame(text.encode() * 2)
            leaver.sends_in_pieces([whole[: cut or len(whole) - len(text)]])
            how(leaver)
            room.await_leave(leaver)
            room.expect_nothing(
                bob.peer, lambda line, text=text: text in line, f'of "{text}", half a payload',  # type: ignore[misc]
                "deliver a payload only when all of it has come; if the client goes before that, forget it",
            )  # fmt: skip
    ada.says(text := room.words.text())
    bob.hears_from(ada, text)


@check("task5.huge-claim", points=1, needs=frames)
def huge_claim(room: ChatRoom) -> None:
    """A header that claims 4 GiB - 1: memory stays bounded, the others go on.

    Does: somebody sends that header and a megabyte after it, and then nothing more; the others must be able to talk, and the
    server must not take the memory that was claimed.

    Why: a length from the network is a claim, not a fact. Four bytes must not cost four gigabytes.

    Mistakes:
    - a buffer of the claimed length is filled at once -> the machine runs out of memory
    - the whole server waits for the rest -> nobody else is served

    Codelab: section 5, Task 5
    """
    ada, bob = room.join(2)
    room.settle()
    before = room.memory()
    eve = room.join_one()
    eve.sends(HUGE_CLAIM + b"z" * FOLLOWS)
    room.members = [ada, bob]
    room.rest(lambda: room.memory() - before > BOUNDED)
    grown = room.memory() - before
    if grown <= BOUNDED:
        room.still_chats("one client's claim must not stop the others")
        grown = room.memory() - before
    if grown > BOUNDED:
        room.fail(
            "the server takes the memory that was claimed",
            expected=f"its memory grows by less than {BOUNDED >> 20} MB",
            observed=f"it grew by {grown >> 20:,} MB after a header of four bytes and {FOLLOWS >> 20} MB of payload",
            hint="collect the payload as it comes, and refuse lengths that nobody needs",
        )


# -- the client --------------------------------------------------------------------------------------------------------


@check(ids.CLIENT_FRAMES, points=2, runs="client")
def client_frames(room: ChatRoom) -> None:
    """Each line typed arrives as one right frame.

    Does: starts the client on a terminal, answers what it asks, and types lines, one beyond ASCII. The nickname and each line
    must arrive as a frame of exactly that many bytes.

    Why: the length counts bytes, and an ü has two of them.

    Mistakes:
    - len(text) in place of len(text.encode()) -> the last bytes are taken for the next header
    - the newline is still sent -> it is taken for a header as well

    Codelab: section 4 (advanced option) and section 5, Task 5
    """
    user = room.user()
    user.arrives()
    if room.guest is None:
        room.fail_for_no_connection(user.program, f"{user.name} typed what it asked for, and it did not connect")
    _sends_frame(room, user.name.encode(), "the nickname", first=True)
    for text in (room.words.text(), f"{ODD} {room.words.text()}"):
        user.types(text)
        _sends_frame(room, text.encode(), "the line typed")


@check(ids.CLIENT_SHOWS, points=1, runs="client", needs=client_frames)
def client_shows(room: ChatRoom) -> None:
    """Frames split and merged are shown right.

    Does: sends a frame a few bytes at a time, and then five frames at once; every message must stand on the screen.

    Why: recv() gives pieces of a stream, here as with lines.

    Mistakes:
    - recv(4) and recv(n) without a loop -> the header is read from the middle of a message
    - print(recv(1024)) -> the headers are shown as strange signs

    Codelab: section 4 (advanced option)
    """
    user = room.user_in_chat()
    room.second_look = partial(look_how_client_reads, room)
    name, text = room.words.name(), room.words.text()
    whole = frame(f"{name}: {text}".encode())
    for start in range(0, len(whole), 3):
        room.delivers(whole[start : start + 3])
    hint = "read exactly four bytes, then exactly as many as they say, in a loop for both; then print the payload"
    user.sees(text, hint)
    texts = [room.words.text() for _ in range(5)]
    room.delivers(b"".join(frame(f"{name}: {one}".encode()) for one in texts))
    for one in texts:
        user.sees(one, hint)


@check("task5.client-large", points=1, runs="client", needs=client_frames)
def client_large(room: ChatRoom) -> None:
    """A 1 MiB frame and a binary frame do not end the client.

    Does: sends a message of 1 MiB, a payload of all byte values, and then a plain message, which must be shown.

    Why: others may send what cannot be shown; the chat goes on.

    Mistakes:
    - payload.decode() -> UnicodeDecodeError ends the listener: use errors='replace'
    - recv(n) is believed to give n bytes -> the rest of the large message is taken for headers

    Codelab: section 5, Task 5
    """
    user = room.user_in_chat()
    room.second_look = partial(look_how_client_reads, room)
    name = room.words.name()
    user.terminal.skim(2 << 20)
    room.delivers(frame(f"{name}: ".encode() + _payload(room, 1 << 20)))
    room.delivers(frame(bytes(range(256))))
    room.delivers(frame(f"{name}: {(text := room.words.text())}".encode()))
    user.sees(text, "collect the whole payload in a loop, and decode it with errors='replace'")


@check("task5.together", points=1, runs="both", needs=(frames, client_frames, client_shows))
def together(room: ChatRoom) -> None:
    """Two of the student's clients and server chat.

    Does: the server in one terminal, a client in each of two others; both type, both read.

    Why: this is the chat, in frames.

    Mistakes:
    - server and client frame differently -> each works with itself only

    Codelab: section 5, Task 5
    """
    room.two_users_chat()


# -- what is right, and what is wrong ----------------------------------------------------------------------------------


def _payload(room: ChatRoom, size: int) -> bytes:
    """So many bytes of text, unlike all others of the check if there is room for that."""
    end = f" {room.words.text()}".encode()
    return (b"abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[: max(size - len(end), 0)] + end[-size:] * (size > 0)


def _forms(speaker: str, payload: bytes) -> list[bytes]:
    """What a server may make of a payload: nothing, or the name put before it."""
    return [payload, f"{speaker}: ".encode() + payload]


def _hears(
    room: ChatRoom, hearer: Member, speaker: Member, payload: bytes, hint: str = "", what: str = "the message"
) -> None:
    """A frame with this payload, and nothing else in it but the name, reaches the hearer."""
    forms = _forms(speaker.name, payload)
    seen = 0

    def arrived() -> bool:
        nonlocal seen
        start, seen = seen, len(hearer.peer.lines)
        return any(line.raw in forms for line in hearer.peer.lines[start:])

    ending = room.wait(arrived)
    if not ending:
        return
    near = _nearest(hearer.peer.lines, payload)
    event = near.event if near else room.transcript.last_sent("", or_any=True)
    room.evidence_ends()
    observed, cure = _what_came(hearer, near, forms)
    meant = True
    is_first = not hint  # only there is the way to frame in question; later a frame has come through
    if is_first and not near:
        has_crashed = last_crash(room.server.printed) is not None
        taught = _understood(room)
        tail = hearer.peer.tail
        if len(tail) >= HEADER.size and taught in ("", _NOTHING_UNDERSTOOD):
            claimed = HEADER.unpack_from(tail)[0]
            cure = cure or (
                f"its header says {claimed:,} bytes: each message, notices and welcomes too, is "
                "struct.pack('!I', len(data)) + data, and the length counts data alone"
            )
        cure = cure or taught or "each message is struct.pack('!I', len(data)) + data, and so are notices and welcomes"
        meant = cure not in (_STILL_LINES, _NOTHING_UNDERSTOOD)
        if has_crashed and cure == _NOTHING_UNDERSTOOD:  # the traceback tells more
            cure = ""
    longer = f", or {len(forms[1]):,} with the name" if len(payload) > _LONG else ""
    room.fail(
        f"{what} did not arrive as it was sent",
        expected=f"{hearer.name} gets a frame with {len(payload):,} bytes{longer}: {in_hex(frame(payload))}",
        observed=observed,
        hint=cure or hint,
        ending=None if cure else ending,
        event=event,
        mark="not as it was sent" if near else "never arrived",
        missed="" if near else hearer.peer.label,
        meant=meant and not room.ended(),
    )


_LONG = 100  # bytes, from which nobody counts them


def _nearest(lines: Iterable[Line], payload: bytes) -> Line | None:
    """The last frame that holds the payload, or its end, or its beginning."""
    frames_so_far = list(lines)
    for part in (payload, payload[-12:], payload[:12]):
        held = [line for line in frames_so_far if part and part in line.raw]
        if held:
            return held[-1]
    return None


def _what_came(hearer: Member, near: Line | None, forms: list[bytes]) -> tuple[str, str]:
    """What the hearer got in place of the frame, and the cure where it is plain."""
    peer = hearer.peer
    payload, named = forms[0], forms[-1]
    if payload and HEADER.pack(len(payload)) + named in peer.stream and payload != named:
        observed = f"{hearer.name} got {len(named):,} bytes after a header that says {len(payload):,}"
        return observed, "the name counts, too: put the message together first, and then take its length"
    if near:
        inside = _inside(near.raw, forms)
        observed = f"{hearer.name} got a frame with {len(near.raw):,} bytes: {in_hex(frame(near.raw))}"
        if not inside and len(near.raw) in map(len, forms):
            like = next(form for form in forms if len(form) == len(near.raw))
            at = next(at for at, (one, other) in enumerate(zip(like, near.raw, strict=True)) if one != other)
            observed += f"; from byte {at:,} on it holds something else: {near.raw[at : at + 8].hex(' ')}"
        return observed, inside
    dialect = dialect_of(peer.stream, [form for form in forms if form])
    if dialect:
        at = max(peer.stream.rfind(form) for form in forms)
        return f"{dialect.name}: {hearer.name} got {in_hex(peer.stream[max(at - 8, 0) :])}", dialect.cure
    if peer.ended:
        return f"{hearer.name}'s connection was {peer.ended}", ""
    if peer.tail:
        return f"{hearer.name} got bytes that are no whole frame: {in_hex(peer.tail)}", ""
    return f"{hearer.name} got nothing like it", ""


def _inside(raw: bytes, forms: list[bytes]) -> str:
    """What is wrong inside a frame whose header is right."""
    for form in forms:
        if raw == form + b"\n":
            return "the newline is still appended: drop it, the length tells where a frame ends"
        if form and raw.endswith(frame(form)):
            return "the header that came is passed on inside the payload: take it off first"
        if form != form.decode("utf-8", "replace").encode() and _as_text(raw) == _as_text(form):
            return "the payload is decoded and encoded again on the way: pass the bytes on as they came"
        if form and raw.endswith(repr(form).encode()):
            return "the payload is put into a text as Python shows bytes, with b'...': join bytes, not texts"
        if raw in (form.strip(), form.rstrip()):
            return "the payload is stripped on the way: pass the bytes on as they came"
    payload, named = forms[0], forms[-1]
    prefix = named[: len(named) - len(payload)]
    body = raw.removeprefix(prefix)
    if body and len(body) < len(payload) and body in payload:
        return f"only {len(body):,} bytes of it are passed on: recv(n) gives at most n bytes; loop until all are there"
    if payload and raw.endswith(payload):
        before = raw[: len(raw) - len(payload)].decode("utf-8", "backslashreplace")
        return f'before the payload stands "{before}": put "{_as_text(prefix)}" there, or nothing'
    return ""


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


_STILL_LINES = cure_of_reader("server", LINES)
_NOTHING_UNDERSTOOD = (
    "the server passes on nothing, in whatever way it is framed: read four bytes, then as many as they say"
)


def _understood(room: ChatRoom) -> str:
    """What the server takes for messages, if it does not take our frames."""
    way, _ = read_by_server(room)
    if way is RIGHT or room.ended():
        return ""
    if way is None:
        return _NOTHING_UNDERSTOOD
    return cure_of_reader("server", way)


def _sends_frame(room: ChatRoom, payload: bytes, what: str, *, first: bool = False) -> None:
    """Exactly this payload arrives at our host, in a right frame."""
    guest = room.guest
    assert guest is not None, "somebody is connected"
    ending = room.wait(lambda: any(line.raw == payload for line in guest.lines))
    if not ending and (not first or guest.lines[0].raw == payload):
        return
    near = _nearest(guest.lines, payload)
    dialect = dialect_of(guest.stream, [payload])
    inside = _inside(near.raw, [payload]) if near else ""
    if near and (inside or not dialect):
        observed, cure = f"it got a frame with {len(near.raw):,} bytes: {in_hex(frame(near.raw))}", inside
    elif dialect:
        at = guest.stream.rfind(payload)
        observed, cure = f"{dialect.name}: it got {in_hex(guest.stream[max(at - 8, 0) :])}", dialect.cure
    else:
        observed, cure = f"it got {in_hex(guest.stream[-40:])}" if guest.stream else "it got nothing", ""
    room.fail(
        f"{what} was not sent as a frame",
        expected=f"the server gets a frame with {len(payload):,} bytes: {in_hex(frame(payload))}",
        observed=observed,
        hint=cure or "send struct.pack('!I', len(data)) + data, with data = text.encode()",
        ending=None if cure else ending,
        event=near.event if near else guest.record_unfinished() if guest.tail else None,
        mark="not as it was typed",
        blocks=False,
        meant=bool(guest.lines) or (dialect not in (LINES, NO_HEADER) and bool(guest.stream)),
    )


CHECKS = [
    frames, sizes, binary, split_header, merged, concurrent, truncated, huge_claim,
    client_frames, client_shows, client_large, together,
]  # fmt: skip
