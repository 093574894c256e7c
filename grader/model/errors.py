"""Whose fault it is.

Code below the command line raises one of these and never prints or exits; each becomes output at one place only.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from grader.model.answer import WrittenAnswer
from grader.model.message import Message
from grader.model.verdict import Failure, Where


class CheckFailed(Exception):  # noqa: N818 - a verdict about the student's program, not an error of ours
    """The student's program did not do what a check asks; `failure` is the evidence."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.summary)
        self.failure = failure


class NeedsReview(Exception):  # noqa: N818 - a verdict that only a person can give
    """A person must judge an answer; `failure` holds it with what was `expected`, and `notes` the function it is about."""

    def __init__(self, expected: str, answer: WrittenAnswer) -> None:
        about = answer.about
        self.failure = Failure(
            "a person reads this answer",
            expected,
            Message("{place}: {answer}", place=answer.place, answer=answer.text),
            where=Where(about.file, about.line) if about else None,
            blocks=False,
            answer=answer,
        )
        self.notes = (f"{about.caption}:\n{about.code}",) if about else ()
        super().__init__(self.failure.summary)


class Inconclusive(Exception):  # noqa: N818 - a third outcome
    """The evidence allows no verdict, mostly because the machine gave the program no time. The check is run again."""


class Abandoned(Exception):  # noqa: N818 - nothing is wrong
    """Nobody waits for this run any more: the submission was saved again, say."""


class GraderError(Exception):
    """The grader or the machine cannot do its job. Never held against the student."""


class NotPermitted(GraderError):  # noqa: N818 - tells what is wrong
    """What surrounds this process, a container or a setting of the kernel, forbids what the grader needs."""


class UsageError(Exception):
    """What the user asked for cannot be graded: no such path, no server in it, an unknown check or setting."""


def refused(what: str, error: OSError) -> GraderError:
    """The error of a machine on which `what` cannot be had: NotPermitted, where the system says that it is forbidden."""
    kind = NotPermitted if isinstance(error, PermissionError) else GraderError
    return kind(f"this machine does not permit {what} ({error.strerror})")


def in_words(error: Exception) -> str:
    """What an error says, without its number where the system has raised it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def nearest(word: str, known: Iterable[str], most: int = 12) -> str:
    """The end of an error sentence: names the known word nearest to a wrong one, or lists all if no more than `most`."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}." if len(names) <= most else "; `chatgrade checks` lists them all."
