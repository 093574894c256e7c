"""Expected lines: an exact text, or a rule that accepts several. Pure matching, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from grader.text.news import without_numbers
from grader.wire.peer import Line, Peer


class Expected(NamedTuple):
    """A line that a peer should receive: its best form `text`, and the rule `accepts` for all forms.

    `keyed`: all accepted lines end in the same two words as `text`, so they are found at once among thousands. Lines up to
    the event `since` do not count. `otherwise`: what counts where no such line has come; of such lines only those that are like
    the first, numbers apart.
    """

    text: str
    accepts: Callable[[str], bool]
    keyed: bool = True
    since: int = -1
    otherwise: Callable[[str], bool] | None = None
    names: tuple[str, ...] = ()  # its characteristic words, by which a similar line is found if this one never comes

    def among(self, peer: Peer) -> list[Line]:
        """The peer's lines that meet this expectation."""
        lines = peer.candidates(self.text) if self.keyed else peer.lines
        fresh = [line for line in lines if line.event > self.since]
        found = [line for line in fresh if self.accepts(line.text)]
        if found or self.otherwise is None:
            return found
        found = [line for line in fresh if self.otherwise(line.text)]
        return [line for line in found if without_numbers(line.text) == without_numbers(found[0].text)]


def exactly(text: str) -> Expected:
    """Expect exactly this line, apart from blanks at its end."""
    wanted = text.rstrip()
    return Expected(text, lambda line: line.rstrip() == wanted)
