"""Exceptions that say whose fault it is: the student's, the user's, or the grader's and the machine's.

Code below the command line raises them and never prints or exits; `grader.cli` turns them into output.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from grader.model.answer import WrittenAnswer
from grader.model.message import Message
from grader.model.verdict import Failure, Where


class CheckFailed(Exception):  # noqa: N818 - a verdict about the student's program, not an error of ours
    """The student's program does not do what a check asks; `failure` has the evidence."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.summary)
        self.failure = failure


class NeedsReview(Exception):  # noqa: N818 - a verdict that only a person can give
    """A person must judge an answer. `failure` holds the answer and the `expected` one, `notes` the function it is about."""

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


class OutOfPatience(Exception):  # noqa: N818 - a third outcome
    """The program sleeps for longer than a check waits: the check is skipped."""


class Abandoned(Exception):  # noqa: N818 - nothing is wrong
    """The results of this run are no longer needed, for instance because the submission was saved again."""


class SentenceError(Exception):
    """An error of one sentence: `message` says what is wrong with the path that it is `about`, which may be empty."""

    def __init__(self, message: object, *, about: object = "") -> None:
        super().__init__(f"{about}: {message}" if about else message)
        self.message, self.about = str(message), str(about)

    def beside(self, place: object) -> str:
        """The sentence as it is told beside a path: without that path, if it is about it."""
        return self.message if self.about == str(place) else str(self)


class GraderError(SentenceError):
    """The grader or the machine cannot do its job. Never counted against the student."""


class NotPermitted(GraderError):  # noqa: N818 - tells what is wrong
    """The grader needs something that its container or the kernel's settings forbid."""


class UsageError(SentenceError):
    """The user's request cannot be graded: no such path, no server in it, an unknown check or setting."""


def refused(what: str, error: OSError) -> GraderError:
    """The exception for a machine that lacks `what`: NotPermitted after EPERM or EACCES, else GraderError."""
    kind = NotPermitted if isinstance(error, PermissionError) else GraderError
    return kind(f"this machine does not permit {what} ({error.strerror})")


def in_words(error: Exception) -> str:
    """The error's message, without the errno of an OSError."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def nearest(word: str, known: Iterable[str], most: int = 12) -> str:
    """The end of an error sentence: the known word nearest to a wrong one, or the list of all if at most `most`."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(names)}." if len(names) <= most else "; `chatgrade checks` lists them all."
