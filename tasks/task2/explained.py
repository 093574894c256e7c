"""The two answers that are to be written: found, looked at for what needs no person, and handed to one for review."""

from __future__ import annotations

import re

from grader.api import Function, FunctionSource, Message, NeedsReview, WrittenAnswer, check
from tasks.chat.room import ChatRoom
from tasks.task2 import answers
from tasks.task2.copied import THRESHOLD, share_copied
from tasks.task2.letters import words


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
            "the answer is blank",
            expected=expected,
            observed=Message('{place} holds "{answer}" in its place', place=place, answer=answer),
            hint=read,
        )
    copied = share_copied(answer)
    if copied >= THRESHOLD:
        room.fail(
            "the answer is the codelab's, not your own",
            expected=expected,
            observed=Message(
                '{place}: "{answer}"; {share} of it stands in the codelab, word for word (limit {limit})',
                place=place,
                answer=answer,
                share=f"{copied:.0%}",
                limit=f"{THRESHOLD:.0%}",
            ),
            hint="say it as you would to somebody who has not read the codelab",
        )
    beside = FunctionSource(function.name, about[0].file, about[0].line, about[1]) if function and about else None
    raise NeedsReview(expected, WrittenAnswer(place, answer, beside))


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
    if function and words(comment) > 4 and share_copied(comment) < THRESHOLD:
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


CHECKS = [explains_listener, explains_framing]
