"""What a server must do with frames: read each whole, pass it on byte for byte, and believe no length."""

from __future__ import annotations

from dataclasses import replace

from grader.api import CheckFailed, Message, check, frame, in_hex
from tasks import ids
from tasks.chat.member import Member
from tasks.chat.room import ChatRoom
from tasks.task5.framings import dialect_of
from tasks.task5.heard import hears
from tasks.task5.payloads import ODD, filled

# Around the edges of headers, of one byte, of usual recv() sizes (with and without the header), and large ones.
SIZES = (0, 1, 255, 256, 1_020, 1_023, 1_024, 1_025, 4_092, 4_096, 65_535, 65_536, 1 << 20, 16 << 20)
SENDERS, AT_ONCE, SMALL, MANY = 4, 200_000, 40, 30
DYING_WORDS = 300  # that keep the server from noticing at once that somebody has vanished
MERGED, WITH_THE_NAME, PEOPLE = 100, 3, 6
HUGE_CLAIM, BOUNDED = b"\xff\xff\xff\xff", 200 << 20  # a header; bytes of memory that nobody needs for it
FOLLOWS = 1 << 20  # bytes that come after the huge claim


@check(ids.FRAMES, points=3)
def frames(room: ChatRoom) -> None:
    """Name frame, then message frames, some beyond ASCII: everyone else gets well-formed frames.

    Does: two people join with a frame that holds the nickname, and talk in frames, in plain ASCII. A third one joins
    under a name beyond ASCII, and two of them say something, once beyond ASCII. All others must get each message in a frame of
    its own, with the name before it or alone, and nothing that is no frame.

    Why: a frame that is not exactly as long as it says spoils everything that comes after it.

    Mistakes:
    - struct.pack('<I', n), or 'I' without '!' -> the other side waits for millions of bytes
    - len(text) in place of len(text.encode()) -> right until somebody writes an ü
    - a newline is still appended -> it is taken for the beginning of the next header

    Codelab: section 4 (advanced option) and section 5, Task 5
    """
    words = room.words
    for name in (words.name(), words.name()):
        _comes(room, name)
    ada, bob = room.members
    _all_hear_frames(room, [(ada, words.text()), (bob, words.text())])
    try:
        _comes(room, f"{words.name()}é")
        _all_hear_frames(room, [(room.members[-1], words.text()), (bob, f"{ODD} {words.text()}")])
    except CheckFailed as failed:  # who frames plain ASCII right can be tried in all else
        raise CheckFailed(replace(failed.failure, blocks=False)) from None


def _comes(room: ChatRoom, name: str) -> None:
    room.members.append(room.arrive(name))
    room.rest()


def _all_hear_frames(room: ChatRoom, said: list[tuple[Member, str]]) -> None:
    """Each message reaches all others in a frame, and nothing comes that is no frame."""
    for speaker, text in said:
        speaker.says(text)
        for other in room.members:
            if other is not speaker:
                hears(room, other, speaker, text.encode())
    room.settle()
    for one in room.members:
        if one.peer.unfinished:
            dialect = dialect_of(one.peer.stream, [ODD.encode()])
            room.fail(
                Message("{nick} got bytes that are no frame", nick=one.name),
                expected="after the last frame nothing more comes",
                observed=Message(
                    "{size} bytes are left over: {bytes}", size=len(one.peer.tail), bytes=in_hex(one.peer.tail)
                ),
                hint=dialect.cure if dialect else "send exactly as many bytes as the header says",
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
    ada, bob = room.company(2)
    for size in SIZES:
        payload = filled(size, f" {room.words.text()}".encode())
        ada.sends(frame(payload))
        told = f"{size:,}"
        hint: str = Message(
            "a payload of {size} bytes must arrive whole: collect bytes until there are as many as the header says",
            size=told,
        )
        if size == 0:
            hint = "a payload of length 0 is a message like any other: only recv() == b'' is the end of the connection"
        hears(room, bob, ada, payload, hint, what=Message("the payload of {size} bytes", size=told))


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
    ada, bob = room.company(2)
    end = room.words.text().encode()
    for payload in (
        bytes(range(256)),
        b"\n\r\n\n" + end + b"\n",
        frame(frame(b"\0\0\0\1")),
        b"\xff\xfe\xc3(\xf0\x9f " + end,
    ):
        ada.sends(frame(payload))
        hint = "pass the payload on as the bytes that came: no decode(), no strip(), no split()"
        hears(room, bob, ada, payload, hint, what="the binary payload")


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
    bob, _ = room.company(2)
    name = room.words.name()
    ada = Member(room, room.connect(name), name)
    hint = "recv(4) may give fewer than four bytes: loop until you have as many as you need, for header and payload"
    for text in (name, room.words.text()):
        ada.sends_in_pieces(bytes([byte]) for byte in frame(text.encode()))
    hears(room, bob, ada, text.encode(), hint)


@check("task5.merged", points=2, needs=frames)
def merged(room: ChatRoom) -> None:
    """100 frames in one segment.

    Does: sends 100 frames with one send(); each must reach all of five others. Somebody else sends three frames together with
    that of her nickname.

    Why: one recv() may give many frames, and a piece of the next.

    Mistakes:
    - recv(1024) for the header -> what came behind it is lost
    - one frame is handled for each recv() -> the others wait until more comes
    - what came with the nickname is thrown away -> the first messages are lost

    Codelab: section 4 (advanced option)
    """
    ada, *others = room.company(PEOPLE)
    texts = [room.words.text() for _ in range(MERGED)]
    ada.sends(b"".join(frame(text.encode()) for text in texts))
    hint = "read exactly four bytes, then exactly the payload; keep what came beyond it"
    for text in texts:
        for one in others:
            hears(room, one, ada, text.encode(), hint)
    name, texts = room.words.name(), [room.words.text() for _ in range(WITH_THE_NAME)]
    eve = room.join_one(name, b"".join(frame(text.encode()) for text in (name, *texts)))
    for text in texts:
        hears(room, ada, eve, text.encode(), hint)


@check("task5.concurrent", points=2, needs=frames)
def concurrent(room: ChatRoom) -> None:
    """4 senders at once, 200 kB messages: no frame is torn or mixed.

    Does: four people say 200 kB each in the same instant, twice, and then thirty times a short message; everyone else must get
    each of them whole. At last somebody vanishes in the instant in which another one speaks, who must be heard all the same.

    Why: sendall() of a large message takes several steps, and another thread may send to the same client in between.

    Mistakes:
    - two threads call sendall() on one socket without a lock for that socket -> one frame lands inside another one

    Codelab: section 5, Task 5
    """
    room.more_than_buffers_hold()  # small buffers, so that a large message takes many steps
    people = room.company(SENDERS)
    hint = "one lock (or one writing thread) for each client, held while a whole frame is sent: header and payload together"
    for size in (AT_ONCE, AT_ONCE, *[SMALL] * MANY):
        said = [(speaker, filled(size, f" {room.words.text()}".encode())) for speaker in people]
        with room.server_paused():
            for speaker, payload in said:
                speaker.sends(frame(payload))
        for speaker, payload in said:
            for other in people:
                if other is not speaker:
                    what = Message("{speaker_nick}'s {size} bytes", speaker_nick=speaker.name, size=f"{size:,}")
                    hears(room, other, speaker, payload, hint, what)
    _vanishes_while_another_speaks(room, *people[:2])


def _vanishes_while_another_speaks(room: ChatRoom, ada: Member, bob: Member) -> None:
    dying, texts = room.join_one(), [room.words.text() for _ in range(2)]
    with room.server_paused():
        dying.sends(b"".join(frame(room.words.text().encode()) for _ in range(DYING_WORDS)))
        ada.says(texts[0])
        dying.resets()
    room.rest()
    ada.says(texts[1])
    room.all_hear([bob], ada, texts, "a failed send must do no more than remove the client that it was for")


@check(ids.FRAMES_TRUNCATED, points=1, needs=frames)
def truncated(room: ChatRoom) -> None:
    """Gone in mid-header or mid-payload: no part of it is delivered, the others go on.

    Does: one client goes after two bytes of a header, one after half a payload, each by closing and by a reset; the others must
    be told that she left, and get nothing of it.

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
            hint = "recv() ends there, with b'' or an exception: leave the loop for the rest of the frame, and tell the others"
            room.expect([(bob.peer, room.left(leaver))], hint, consequence_of=ids.FRAMES)
            room.expect_nothing(
                bob.peer, lambda line, text=text: text in line,   # type: ignore[misc]
                Message('of "{text}", half a payload', text=text),
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
            observed=Message(
                "it grew by {grown} MB after a header of four bytes and {follows} MB of payload",
                grown=f"{grown >> 20:,}",
                follows=FOLLOWS >> 20,
            ),
            hint="collect the payload as it comes, and refuse lengths that nobody needs",
        )


CHECKS = [frames, sizes, binary, split_header, merged, concurrent, truncated, huge_claim]
