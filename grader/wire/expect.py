"""What a line should be: one exact text, or any that a rule accepts. Pure matching, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from grader.wire.peer import Line, Peer


class Expected(NamedTuple):
    """A line that a peer should get. `text` is how it should read, `accepts` what is taken for it.

    `keyed` tells that whatever is accepted ends in the same two words as `text`: such lines are found at once among
    thousands. Lines before the event `since` are an earlier story.
    """

    text: str
    accepts: Callable[[str], bool]
    keyed: bool = True
    since: int = -1
    names: tuple[str, ...] = ()  # words of it that tell what it is about, to find what came instead

    def among(self, peer: Peer) -> list[Line]:
        """The lines that the peer has of it."""
        lines = peer.candidates(self.text) if self.keyed else peer.lines
        return [line for line in lines if line.event > self.since and self.accepts(line.text)]


def exactly(text: str) -> Expected:
    """That very line; blanks at its end do not count."""
    wanted = text.rstrip()
    return Expected(text, lambda line: line.rstrip() == wanted)
