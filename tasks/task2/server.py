"""Task 2, framing: TCP is a stream of bytes, and the newline alone ends a message."""

from __future__ import annotations

import re
from itertools import pairwise

from grader.api import Failure, Function, NeedsReview, check
from tasks import ids
from tasks.chat.room import ChatRoom
from tasks.task1.server import client_connects, listens
from tasks.task2 import answers
from tasks.task2.copied import THRESHOLD, share_copied

_BUFFER = "keep what has come of a line in a buffer of its own for each client, and take complete lines out of it"
MERGED_LINES = 50
LINE_SIZES = (1_023, 1_024, 1_025, 65_536, 1_000_000)


@check("task2.split", points=3, needs=listens)
def split(room: ChatRoom) -> None:
    """A line sent a byte at a time arrives as one message.

    Does: sends a line byte by byte, each when the server has read the one before.

    Why: recv() returns what has come so far, be it half a word. Only the newline says that a message is complete.

    Mistakes:
    - each recv() is taken for a message -> every letter arrives as a message of its own
    - the buffer is emptied at each recv() -> only the last letter is left

    Codelab: section 4
    """
    ada, bob = room.join(2)
    text = room.words.text()
    ada.sends_in_pieces(bytes([byte]) for byte in f"{text}\n".encode())
    bob.hears_from(ada, text, _BUFFER)


@check("task2.merged", points=3, needs=listens)
def merged(room: ChatRoom) -> None:
    """50 lines in one segment arrive as 50 messages.

    Does: sends 50 lines with one send().

    Why: TCP may join what was sent in several calls; one recv() can hold many lines.

    Mistakes:
    - only the first line of what recv() returned is handled -> the others are lost, or come with the next message
    - the whole block is relayed as one message -> only its first line has the name

    Codelab: section 4
    """
    ada, bob = room.join(2)
    texts = [room.words.text() for _ in range(MERGED_LINES)]
    ada.sends("".join(f"{text}\n" for text in texts).encode())
    room.all_hear([bob], ada, texts, "one recv() may hold many lines: loop while there is a newline in the buffer")


@check("task2.name-and-message", points=2, needs=listens)
def name_and_message(room: ChatRoom) -> None:
    """Nickname and first messages in one segment: none is lost.

    Does: sends the nickname and three lines with one send().

    Why: a client may send its nickname and a message so fast that both come in one recv().

    Mistakes:
    - of the lines that came with the nickname only the first is looked at -> the first messages are lost

    Codelab: section 4
    """
    [ada] = room.join(1)
    name, texts = room.words.name(), [room.words.text() for _ in range(3)]
    bob = room.join_one(name, "".join(f"{line}\n" for line in (name, *texts)).encode())
    room.all_hear(
        [ada],
        bob,
        texts,
        "lines that come together with the nickname are messages: handle the rest of the list too, not only its first",
    )


@check("task2.interleaved", points=2, needs=listens)
def interleaved(room: ChatRoom) -> None:
    """Half lines of two clients, in turn, never mix.

    Does: two people send the halves of their lines in turn, so that both lines are unfinished at the same time.

    Why: each connection is a stream of its own, so each needs a buffer of its own.

    Mistakes:
    - one buffer for all clients (a global, or a default argument) -> halves of different people form one message

    Codelab: section 4
    """
    ada, bob, cyd = room.join(3)
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
    ada, bob = room.join(2)
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
    as it does after `\n` alone.

    Why: telnet and clients on Windows end lines so. A `\r` that is passed on makes terminals overwrite the line.

    Mistakes:
    - only the `\n` is cut off -> an invisible `\r` at the end of every message, and in the middle after the name

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
    usual = room.said(ada.name, plain).among(bob.peer)[0].raw.count(b"\r")
    for speaker, text in ((ada, with_return), (cyd, by_other)):
        line = room.said(speaker.name, text).among(bob.peer)[0]
        if line.raw.count(b"\r") != usual:
            room.fail(
                r"a \r was passed on",
                expected=rf'{bob.name} gets "{text}" without a \r',
                observed=f"{bob.name} got {line.raw.decode('utf-8', 'backslashreplace')!r}",
                hint=hint,
                event=line.event,
                mark=r"with a \r",
            )


@check("task2.long-line", points=2, needs=listens)
def long_line(room: ChatRoom) -> None:
    """Lines of 1,023, 1,024, 1,025, 65,536 and 1,000,000 bytes arrive whole.

    Does: one person says lines of these lengths, one after the other.

    Why: 1,024 is what one recv(1024) returns at most; a longer line always comes in pieces.

    Mistakes:
    - a recv() that returned as many bytes as were asked for is taken for a whole line -> the line is cut
    - a limit on the length of a line that is too small -> the client is thrown out
    - the buffer is searched from its beginning after each recv() -> the long line takes for ever

    Codelab: section 4
    """
    ada, bob = room.join(2)
    for size in LINE_SIZES:
        end = f" {room.words.text()}"
        text = room.words.random.choice("abcdefgh") * (size - len(end)) + end
        ada.says(text)
        bob.hears_from(ada, text, f"a line of {size:,} bytes comes in several pieces: go on reading until the newline")


@check("task2.bad-utf8", points=1, needs=listens)
def bad_utf8(room: ChatRoom) -> None:
    """Bytes that are no UTF-8 end neither that client's connection nor anyone else's.

    Does: somebody sends lines of invalid bytes and then an ordinary line, which must arrive.

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
    room.still_chats(hint)


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
            f'that mixes "{half}" with something else',
            "a client's buffer must go with the client",
        )


@check("task2.client-split", points=2, needs=client_connects, runs="client")
def client_split(room: ChatRoom) -> None:
    """A message that comes in pieces is shown as one line.

    Does: sends somebody's message in five pieces, each when the client has read the one before.

    Why: TCP keeps bytes in order, not messages together: one recv() may give half a line.

    Mistakes:
    - print(data.decode()) of whatever recv() gave -> a message is torn over several lines

    Codelab: section 4
    """
    user = room.user_in_chat()
    text = room.words.text(4)
    line = f"{room.words.name()}: {text}\n".encode()
    for start, end in pairwise((0, 4, len(line) // 2, len(line) - 8, len(line) - 1, len(line))):
        room.delivers(line[start:end])
    user.sees(
        text,
        "collect what recv() gives in a buffer, and print a line when its newline has come, not each piece",
        unless=ids.CLIENT_SHOWS_WHILE_TYPING,
    )


@check("task2.client-merged", points=1, needs=client_connects, runs="client")
def client_merged(room: ChatRoom) -> None:
    """Ten messages in one segment are shown as ten lines.

    Does: sends ten lines at once; each must stand in a line of its own on the screen.

    Why: one recv() may give several lines, and a half one.

    Mistakes:
    - only the first line of what recv() gave is printed -> the others are lost, or appear with the next message
    - the newlines are removed -> all messages run together in one line

    Codelab: section 4
    """
    user = room.user_in_chat()
    name = room.words.name()
    texts = [room.words.text() for _ in range(10)]
    room.delivers("".join(f"{name}: {text}\n" for text in texts).encode())
    hint = "one recv() may give several lines: print each of them on a line of its own"
    for text in texts:
        user.sees(text, hint, unless=ids.CLIENT_SHOWS_WHILE_TYPING)
    joined = [line for line in user.terminal.lines() if sum(text in line for text in texts) > 1]
    alone = [text for text in texts if any(text in line and line not in joined for line in user.terminal.lines())]
    if joined and len(alone) < len(texts):
        room.fail(
            "several messages are shown in one line",
            expected="ten lines on the screen, one for each message",
            observed=f'on the screen stands "{joined[0]}"',
            hint=hint,
            event=room.transcript.last_sent(texts[-1].split()[-1]),
            mark="shown in one line",
        )


@check("task2.client-split-utf8", points=1, needs=client_connects, runs="client")
def client_split_utf8(room: ChatRoom) -> None:
    """A character split over two segments is shown, and the client lives on.

    Does: sends messages with characters of two, three and four bytes, cut in the middle of the character; then a plain one.

    Why: outside ASCII a character has several bytes, and a segment may end between them.

    Mistakes:
    - recv(1024).decode() -> UnicodeDecodeError ends the listener: "Connection lost", or silence
    - decode(errors='ignore') of each piece -> the character is lost

    Codelab: section 4
    """
    user = room.user_in_chat()
    hint = "decode whole lines: collect the bytes of what recv() gives, and decode a line when its newline has come"
    for character in ("é", "漢", "🎉"):
        head, tail = f"{room.words.name()}: {room.words.text(2)} ", f" {room.words.text(2)}\n"
        encoded = character.encode()
        room.delivers(head.encode() + encoded[:1])
        room.delivers(encoded[1:] + tail.encode())
        user.sees(character, hint, ids.CLIENT_SHOWS_WHILE_TYPING, around=head + tail)
    room.delivers(f"{room.words.name()}: {(text := room.words.text())}\n".encode())
    user.sees(text, hint, unless=ids.CLIENT_SHOWS_WHILE_TYPING)


@check("task2.explains-listener", points=2, runs="answers")
def explains_listener(room: ChatRoom) -> None:
    """One sentence, in one's own words, on how the listener thread lets one receive and type at once.

    Does: looks for your answer in answers.md, answers.txt, task2.md or README.md (under a heading that names the listener, as
    point 1, or as the first paragraph), or in the comment above the function. A person reads and grades it, beside your client's
    listener.

    Why: who can say it in a sentence has understood it.

    Mistakes:
    - the codelab's own sentence, copied -> write what you would tell a friend
    - what the code does, line by line -> say what would happen without the thread

    Codelab: section 2 and section 5, Task 2
    """
    _explained(room, answers.LISTENER, "client", _listener(room.sources.functions("client")))


@check("task2.explains-framing", points=2, runs="answers")
def explains_framing(room: ChatRoom) -> None:
    """One's own words on how `recv_lines()` avoids message-boundary bugs.

    Does: looks for your answer where task2.explains-listener does (under a heading that names framing or recv_lines, as
    point 2, or as the second paragraph). A person reads and grades it, beside your server's function.

    Why: a stream has no messages; who can say where they come from has understood framing.

    Mistakes:
    - "it receives lines" -> say what happens when half a line comes, and when two come at once

    Codelab: section 4 and section 5, Task 2
    """
    _explained(room, answers.FRAMING, "server", _framing(room.sources.functions("server")))


def _explained(room: ChatRoom, question: str, role: str, function: Function | None) -> None:
    """Ends in a review, or in a failure that says why there is nothing to review."""
    answer, place = _answer(room, question, function)
    about = room.sources.excerpt(role, function) if function else None
    expected = "one sentence in your own words"
    read = f"`chatgrade explain task2.explains-{question}` tells where it may stand"
    if not answer:
        room.fail(
            "there is no answer", expected=expected, observed=f"none of {', '.join(answers.FILES)} holds it", hint=read
        )
    if answers.is_template(answer):
        room.fail(
            "the answer is blank", expected=expected, observed=f'{place} holds "{answer}" in its place', hint=read
        )
    copied = share_copied(answer)
    if copied >= THRESHOLD:
        room.fail(
            "the answer is the codelab's, not your own",
            expected=expected,
            observed=f'{place}: "{answer}"; {copied:.0%} of it stands in the codelab, word for word (limit {THRESHOLD:.0%})',
            hint="say it as you would to somebody who has not read the codelab",
        )
    raise NeedsReview(
        Failure(
            "a person reads this answer",
            expected,
            f"{place}: {answer}",
            where=about[0] if about else None,
            blocks=False,
        ),
        (f"{function.name or 'the code'}, {about[0].file} line {about[0].line}:\n{about[1]}",)
        if function and about
        else (),
    )


def _answer(room: ChatRoom, question: str, function: Function | None) -> tuple[str, str]:
    """The answer and the place where it stands; a comment counts if no document holds one, and a blank form if nothing does."""
    blank = "", ""
    for name, text in room.sources.documents(answers.FILES):
        found = answers.find(text, only_marked=name.lower() == "readme.md").get(question)
        if found and not answers.is_template(found):
            return found, name
        if found is not None and not any(blank):
            blank = found or "(nothing)", name
    comment = " ".join(function.comment.split()) if function else ""
    if function and len(comment.split()) > 4 and share_copied(comment) < THRESHOLD:
        return comment, f"the comment at {function.name}()"
    return blank


_RECEIVES = frozenset({"recv", "recv_into", "recvfrom", "readline", "read", "readuntil", "read1", "makefile", "select"})


def _listener(functions: list[Function]) -> Function | None:
    """The function that receives in the client: the one that runs as a thread, else the one that loops over what comes."""
    receiving = [one for one in functions if any(call.name in _RECEIVES for call in one.calls)]
    candidates = [
        [one for one in receiving if one.is_thread],
        [one for one in functions if one.is_thread],
        [one for one in receiving if one.loops],
        receiving,
    ]
    return next((group[0] for group in candidates if group), None)


def _framing(functions: list[Function]) -> Function | None:
    """`recv_lines()` in the server, or what plays its part: what receives, and has lines or a buffer in its name."""
    receiving = [one for one in functions if any(call.name in _RECEIVES for call in one.calls)]
    candidates = [
        [one for one in functions if one.name == "recv_lines"],
        [one for one in functions if re.search(r"lines?|fram|buffer|feed", one.name) and one.name],
        [one for one in receiving if one.name],
        receiving,
    ]
    return next((group[0] for group in candidates if group), None)


CHECKS = [
    split, merged, name_and_message, interleaved, split_utf8, crlf, long_line, bad_utf8, only_newline, unfinished,
    client_split, client_merged, client_split_utf8, explains_listener, explains_framing,
]  # fmt: skip
