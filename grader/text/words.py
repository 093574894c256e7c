"""Random names and texts for the chats of a run, drawn by its seed: programs cannot know them, runs can be repeated."""

from __future__ import annotations

import random
import re

from grader.model.message import NUMBER, Message

NAMES = (  # noqa: SIM905 - read as prose; none is part of another, or of a word
    "ada alma anya bela boris carla chen cyd dario dilan edith emre farah felix gita goran hana hugo ines "
    "jana jonas kira kofi lena luca maja milo mira nadia nils olga paula pavel quinn rana remy rosa samir "
    "selma tariq thea ulla uma vera viktor wanda wim xenia yara yusuf zara zeno oleg"
).split()

WORDS = (  # noqa: SIM905 - read as prose
    "amber anchor basil beacon birch bottle button cactus candle canyon castle cherry cobalt copper coral "
    "cotton crystal dagger dragon echo ember falcon feather fennel flint forest garnet ginger glacier "
    "granite hammer harbor hazel helmet hollow indigo island ivory jasmine jigsaw kettle kiwi ladder "
    "lagoon lantern lemon lilac magnet maple marble meadow mirror mosaic nectar needle nutmeg olive onyx "
    "orchid oyster paddle pebble pepper pigment pillow plum pocket quartz quiver rabbit raven ribbon "
    "river rocket saddle saffron satin shadow silver sparrow spruce summit teapot thimble thunder tiger "
    "timber topaz tulip tunnel turnip umber valley velvet violet walnut willow winter yarrow zephyr zinc"
).split()


class Words:
    """Draws names and texts, each only once in a check."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self._names = self.random.sample(NAMES, len(NAMES))
        self._number = self.random.randrange(100, 500)
        self._names_drawn = 0

    def name(self) -> str:
        """A nickname that is new in this check."""
        turn, place = divmod(self._names_drawn, len(self._names))
        self._names_drawn += 1
        return self._names[place] + (str(turn + 1) if turn else "")

    def text(self, count: int = 3) -> str:
        """`count` words, such as `copper lantern 412`; the last is a number that is new in this check."""
        self._number += self.random.randrange(1, 4)
        return " ".join([*self.random.sample(WORDS, count - 1), str(self._number)])


def holds_word_of_ours(text: str) -> bool:
    """Whether a text contains one of WORDS."""
    letters = "".join(letter if letter.isalpha() else " " for letter in text.lower())
    return not _WORDS.isdisjoint(letters.split())


def form_of(line: str) -> Message:
    """A line that a student's program sent, with the nicknames, texts and numbers in it as values: its form is the rest.

    A line of more than 120 characters is a value as a whole.
    """
    return Message.parted(line, _OURS) if len(line) <= _LONGEST_FORM else Message("{line}", line=line)


_LONGEST_FORM = 120
_WORDS = frozenset(WORDS)
_SAID = rf"\b(?i:{'|'.join(WORDS)})\b"
_OURS = re.compile(
    rf"(?P<text>(?:(?:\b\w|\ufffd+) )?{_SAID}(?: (?:{_SAID}|\d+\b))*|\ufffd+)"  # the rest of a word may stand before it
    rf"|(?P<nick>\b(?i:{'|'.join(NAMES)})(?:\d+|[^\x00-\x7f])?(?!\w))"
    rf"|{NUMBER.pattern}"
)
