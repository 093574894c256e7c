"""What a server must do with the bytes that it reads: each message whole, in one piece, unmixed."""

from __future__ import annotations

from grader.api import Expected, Message, check
from tasks.chat.member import Member
from tasks.chat.pace import affordable
from tasks.chat.room import ChatRoom
from tasks.task1.leaving import leaves_by_word, word_works
from tasks.task1.server import listens

_BUFFER = "keep what has come of a line in a buffer of its own for each client, and take complete lines out of it"
MERGED_LINES = 50
BEHIND_THE_NAME = (8, 51)
LINE_SIZES = (1_023, 1_024, 1_025, 65_536, 1_000_000)


@check("task2.split", points=3, needs=listens)
def split(room: ChatRoom) -> None:
    """A line sent a byte at a time arrives as one message.

    Does: sends a nickname and a line byte by byte, each when the server has read the one before; then one line and a half in
    one segment, and the rest in another.

    Why: recv() returns what has come so far, be it half a word. Only the newline says that a message is complete.

    Mistakes:
    - each recv() is taken for a message -> every letter arrives as a message of its own
    - the buffer is emptied at each recv() -> only the last letter is left
    - the first recv() is taken for the nickname -> she goes by its first letter
    - after the complete lines the buffer is emptied -> the beginning of the next line is lost

    Codelab: section 4
    """
    bob, _ = room.company(2)
    name = room.words.name()
    ada = Member(room, room.connect(name), name)
    room.members.append(ada)
    text = room.words.text()
    ada.sends_in_pieces(bytes([byte]) for byte in f"{name}\n{text}\n".encode())
    bob.hears_from(ada, text, _BUFFER)
    first, second = room.words.text(), room.words.text()
    ada.sends(f"{first}\n{second}\n".encode())
    if room.wait(lambda: bool(room.said(name, second).among(bob.peer))):
        return  # what comes behind a line is lost, whole or not: a matter of task2.merged
    first, half, rest = room.words.text(), *room.words.text().split(" ", 1)
    ada.sends_in_pieces([f"{first}\n{half} ".encode(), f"{rest}\n".encode()])
    for text in (first, f"{half} {rest}"):
        bob.hears_from(ada, text, _BUFFER)


@check("task2.merged", points=3, needs=listens)
def merged(room: ChatRoom) -> None:
    """50 lines in one segment arrive as 50 messages, each in the form that a message alone has with this server.

    Does: says a line, to see how the server writes one; sends 50 lines with one send(), and later a line and `EXIT`.

    Why: TCP may join what was sent in several calls; one recv() can hold many lines.

    Mistakes:
    - only the first line of what recv() returned is handled -> the others are lost, or come with the next message
    - the whole block is relayed as one message -> only its first line has the name
    - `EXIT` is looked for in what recv() returned -> behind a line it is chat

    Codelab: section 4
    """
    ada, bob = room.company(2)
    affordable(room, ada, bob, MERGED_LINES)
    texts = [room.words.text() for _ in range(MERGED_LINES)]
    ada.sends("".join(f"{text}\n" for text in texts).encode())
    room.all_hear([bob], ada, texts, "one recv() may hold many lines: loop while there is a newline in the buffer")
    if word_works(room, bob):
        leaves_by_word(room, ada, [room.words.text()], bob)


@check("task2.name-and-message", points=2, needs=listens)
def name_and_message(room: ChatRoom) -> None:
    """Nickname and first messages in one segment: none is lost.

    Does: sends the nickname and eight lines with one send(); somebody else 51 lines, and another one a line and `EXIT`.

    Why: a client may send its nickname and a message so fast that both come in one recv().

    Mistakes:
    - of the lines that came with the nickname only the first is looked at -> the first messages are lost
    - the lines that came with it are relayed without a look -> `EXIT` is chat

    Codelab: section 4
    """
    ada, bob = room.company(2)
    affordable(room, ada, bob, sum(BEHIND_THE_NAME))
    for count in BEHIND_THE_NAME:
        name, texts = room.words.name(), [room.words.text() for _ in range(count)]
        bob = room.join_one(name, "".join(f"{line}\n" for line in (name, *texts)).encode())
        room.all_hear(
            [ada],
            bob,
            texts,
            "lines that come together with the nickname are messages: handle the rest of the list too, not only its first",
        )
    if word_works(room, ada):
        name = room.words.name()
        leaver = Member(room, room.connect(name), name)
        leaves_by_word(room, leaver, [name, room.words.text()], ada)


@check("task2.interleaved", points=2, needs=listens)
def interleaved(room: ChatRoom) -> None:
    """Half lines of two clients, in turn, never mix.

    Does: two people send the halves of their lines in turn, so that both lines are unfinished at the same time.

    Why: each connection is a stream of its own, so each needs a buffer of its own.

    Mistakes:
    - one buffer for all clients (a global, or a default argument) -> halves of different people form one message

    Codelab: section 4
    """
    ada, bob, cyd = room.company(3)
    for _ in range(2):
        halves = [(speaker, room.words.text(2), room.words.text(2)) for speaker in (ada, bob)]
        for speaker, first, _ in halves:
            speaker.sends_in_pieces([f"{first} ".encode()])
        for speaker, _, second in halves:
            speaker.sends_in_pieces([f"{second}\n".encode()])
        for speaker, first, second in halves:
            cyd.hears_from(
                speaker,
                f"{first} {second}",
                "give each client a buffer of its own, made when the connection is accepted",
            )


@check("task2.split-utf8", points=2, needs=listens)
def split_utf8(room: ChatRoom) -> None:
    """A character whose bytes come in two segments arrives whole.

    Does: sends lines with characters of 2, 3 and 4 bytes, cut in the middle of the character.

    Why: a character beyond ASCII has several bytes, and TCP may cut between them. A complete line has only whole characters.

    Mistakes:
    - each recv() is decoded by itself -> two replacement signs, or UnicodeDecodeError

    Codelab: section 4
    """
    ada, bob = room.company(2)
    for character in "é漢🦉":
        text = f"{character} {room.words.text()}"
        encoded = f"{text}\n".encode()
        for cut in range(1, len(character.encode())):
            ada.sends_in_pieces([encoded[:cut], encoded[cut:]])
            bob.hears_from(ada, text, "collect bytes, cut them at the newline, and decode only the complete line")
            text = f"{character} {room.words.text()}"
            encoded = f"{text}\n".encode()


@check("task2.crlf", points=1, needs=listens)
def crlf(room: ChatRoom) -> None:
    r"""`\r\n` ends a line as `\n` does, and no `\r` is passed on.

    Does: somebody whose lines (the nickname too) end in `\r\n` joins and talks; what arrives must look
    as it does after `\n` alone, and no empty message may come after it.

    Why: telnet and clients on Windows end lines so. A `\r` that is passed on makes terminals overwrite the line.

    Mistakes:
    - only the `\n` is cut off -> an invisible `\r` at the end of every message, and in the middle after the name
    - each `\r` is made a `\n` -> an empty message after each line

    Codelab: section 4
    """
    ada, bob = room.join(2)
    plain, with_return = room.words.text(), room.words.text()
    ada.sends_in_pieces([f"{plain}\n".encode(), f"{with_return}\r\n".encode()])
    name = room.words.name()
    cyd = room.join_one(name, f"{name}\r\n".encode())
    room.settle()
    cyd.says(by_other := room.words.text())
    hint = r"cut a \r off the end of each line: line.rstrip('\r')"
    for speaker, text in ((ada, plain), (ada, with_return), (cyd, by_other)):
        bob.hears_from(speaker, text, hint)
    usual_line = room.said(ada.name, plain).among(bob.peer)[0]
    for speaker in (ada, cyd):
        empty = usual_line.text.rstrip().removesuffix(plain).replace(ada.name, speaker.name).rstrip()
        room.expect_nothing(
            bob.peer,
            lambda line, empty=empty: bool(empty) and line.rstrip() == empty,  # type: ignore[misc]
            "but what was said",
            r"a \r and the \n after it are one end of a line: split at b'\n', and then cut the \r off",
        )
    usual = usual_line.raw.count(b"\r")
    for speaker, text in ((ada, with_return), (cyd, by_other)):
        line = room.said(speaker.name, text).among(bob.peer)[0]
        if line.raw.count(b"\r") != usual:
            room.fail(
                r"a \r was passed on",
                expected=Message(r'{nick} gets "{text}" without a \r', nick=bob.name, text=text),
                observed=Message(
                    "{nick} got {line}", nick=bob.name, line=repr(line.raw.decode("utf-8", "backslashreplace"))
                ),
                hint=hint,
                event=line.event,
                mark=r"with a \r",
            )


@check("task2.long-line", points=2, needs=listens)
def long_line(room: ChatRoom) -> None:
    """Lines of 1,023, 1,024, 1,025, 65,536 and 1,000,000 bytes arrive whole.

    Does: one person says lines of these lengths, one after the other; and the longest again to somebody who reads nothing for a
    moment and then reads on. If the server parts with her for that, it may.

    Why: 1,024 is what one recv(1024) returns at most; a longer line always comes in pieces.

    Mistakes:
    - a recv() that returned as many bytes as were asked for is taken for a whole line -> the line is cut
    - a limit on the length of a line that is too small -> the client is thrown out
    - the buffer is searched from its beginning after each recv() -> the long line takes for ever
    - send() in place of sendall(), of a socket that does not block -> what it did not take is lost

    Codelab: section 4
    """
    room.shrink_send_buffers()
    ada, bob = room.join(2)
    for size in LINE_SIZES:
        ada.says(text := _long(room, size))
        hint = "a line of {size} bytes comes in several pieces: go on reading until the newline"
        bob.hears_from(ada, text, Message(hint, size=f"{size:,}"))
    [slow] = room.join(1)
    with room.paused_reading(slow.peer):
        ada.says(text := _long(room, LINE_SIZES[-1]))
        room.rest()
    room.wait(lambda: bool(slow.peer.ended) or bool(room.said(ada.name, text).among(slow.peer)))
    if not slow.peer.ended:
        slow.hears_from(ada, text, "send() returns how many bytes it took: send the others later, or use sendall()")


def _long(room: ChatRoom, size: int) -> str:
    start, end = f"{room.words.text()} ", f" {room.words.text()}"  # a byte too many between them is seen
    return start + room.words.random.choice("abcdefgh") * (size - len(start) - len(end)) + end


@check("task2.bad-utf8", points=1, needs=listens)
def bad_utf8(room: ChatRoom) -> None:
    """Bytes that are no UTF-8 end neither that client's connection nor anyone else's.

    Does: somebody sends lines of invalid bytes and then an ordinary line, which must arrive. So must, under whatever name, what
    somebody says whose nickname holds such a byte.

    Why: anything can come from the network; one odd client must not harm itself or others.

    Mistakes:
    - decode('utf-8') without errors='replace' -> UnicodeDecodeError ends the client's thread

    Codelab: section 3 (recv_lines) and section 4
    """
    ada, bob = room.join(2)
    ada.sends_in_pieces([b"\xff\xfe\xfa\n", b"caf\xe9 \xc3(\n", b"\xed\xa0\x80 \xf5\x80\n"])
    ada.says(text := room.words.text())
    hint = "decode with errors='replace', so that no bytes can raise an exception"
    bob.hears_from(ada, text, hint)
    name = room.words.name()
    odd = room.arrive(name, name.encode() + b"\xff\n")
    room.rest()
    odd.says(text := room.words.text())
    if room.wait(lambda: bool(_under_any_name(text).among(bob.peer))):
        odd.says(text := room.words.text())  # the server may have asked for another nickname, and got the first line
        room.expect([(bob.peer, _under_any_name(text))], hint)
    room.still_chats(hint)


def _under_any_name(text: str) -> Expected:
    return Expected(text, lambda line: line.rstrip().endswith(text))


@check("task2.only-newline", points=0, needs=listens)
def only_newline(room: ChatRoom) -> None:
    r"""U+2028, U+0085, form feed and a lone `\r` inside a message do not end it.

    Does: says lines with one of these characters in the middle. It gives no points.

    Why: only `\n` ends a message in this protocol; str.splitlines() splits at ten other characters too.

    Mistakes:
    - str.splitlines() -> a message that holds such a character arrives in two parts: use split('\n')

    Codelab: section 4
    """
    ada, bob = room.join(2)
    for character in "\u2028\u0085\f\r":
        before, after = room.words.text(2), room.words.text(2)
        ada.says(f"{before}{character}{after}")
        whole = room.said(ada.name, after)._replace(
            text=f"{ada.name}: {before}{character}{after}",
            accepts=lambda line, before=before, after=after: before in line and line.rstrip().endswith(after),  # type: ignore[misc]
            keyed=False,
        )
        room.expect([(bob.peer, whole)], r"split at b'\n' only; str.splitlines() splits at other characters too")


@check("task2.unfinished", points=1, needs=listens)
def unfinished(room: ChatRoom) -> None:
    """A line left unfinished by a client that goes is never mixed into another message.

    Does: somebody sends half a line and leaves; others come and talk. Whether the half line itself is delivered is free.

    Why: what a client leaves in its buffer belongs to nobody else.

    Mistakes:
    - buffers in a table by slot or number that the next client takes over -> the half line stands before her first message

    Codelab: section 4
    """
    ada, bob = room.join(2)
    for _ in range(2):
        [leaver] = room.join(1)
        half = room.words.text()
        leaver.sends_in_pieces([half.encode()])
        leaver.closes()
        room.await_leave(leaver)
        [newcomer] = room.join(1)
        for speaker in (newcomer, ada):
            speaker.says(text := room.words.text())
            bob.hears_from(speaker, text, "a client's buffer must go with the client")
        by_itself = room.said(leaver.name, half)
        room.expect_nothing(
            bob.peer,
            lambda line, half=half, by_itself=by_itself: half in line and not by_itself.accepts(line),  # type: ignore[misc]
            Message('that mixes "{half}" with something else', half=half),
            "a client's buffer must go with the client",
        )


CHECKS = [
    split, merged, name_and_message, interleaved, split_utf8, crlf, long_line, bad_utf8, only_newline, unfinished,
]  # fmt: skip
