"""Random names and texts for the chats of a run, drawn by its seed: programs cannot know them, runs can be repeated."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Collection

from grader.model.message import NUMBER, Message

NAMES = (  # noqa: SIM905 - read as prose; none is part of another, or of a word
    "ada alma anya bela boris carla chen cyd dario dilan edith emre farah felix gita goran hana hugo ines "
    "jana jonas kira kofi lena luca maja milo mira nadia nils olga paula pavel quinn rana remy rosa samir "
    "selma tariq thea ulla uma vera viktor wanda wim xenia yara yusuf zara zeno oleg"
).split()

_NUMBER_LAST, _NUMBER_FIRST, _NO_NUMBER = (-1,), (0,), ()  # places of a number in a text
_SHAPES = (_NUMBER_LAST, _NUMBER_FIRST, _NO_NUMBER, _NO_NUMBER)
_CAPITALS, _SIGNS = 0.25, 0.3  # how often a text begins with a capital, or ends in a sign
_INVENTED = (0, 0, 0.5, 1)  # how many of a text's words are in no list
_LONGEST_FORM = 120
_MANY_PAIRS = 2_000  # from then on each text ends in a number of its own
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
_MEANT = frozenset(("done", "exit", "name", "left", "now", "to", "no"))  # words with a meaning, to people or programs

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
        self._pairs: set[tuple[str, str]] = set()  # words that stand beside each other in a text
        self._drawn: set[str] = set()
        self.names_drawn: list[str] = []

    def name(self) -> str:
        """A nickname that is new in this check."""
        turn, place = divmod(len(self.names_drawn), len(self._names))
        self.names_drawn.append(self._names[place] + (str(turn + 1) if turn else ""))
        return self.names_drawn[-1]

    def text(self, count: int = 3) -> str:
        """`count` words, such as `copper lantern 412` or `Basil romuka ember!`: of no shape by which a program could know it.

        No two words beside each other in it stood so in another one of this check.
        """
        self._number += self.random.randrange(1, 4)
        words: list[str] = []
        while not words:
            words = self._new_words(count)
        number_apart = words[0].isdigit() or words[-1].isdigit()
        if self.random.random() < _CAPITALS:
            words[0] = words[0].capitalize()
        sign = "" if number_apart or self.random.random() > _SIGNS else self.random.choice("!?")
        return " ".join(words) + sign

    def _new_words(self, count: int) -> list[str]:
        """As many words, of which one may be the next number; none at all if two of them stood beside each other before."""
        invented = self.random.choice(_INVENTED)
        words = [
            self._invented() if self.random.random() < invented else self.random.choice(WORDS) for _ in range(count)
        ]
        for place in self.random.choice(_SHAPES) if len(self._pairs) < _MANY_PAIRS else _NUMBER_LAST:
            words[place] = str(self._number)
        pairs = set(itertools.pairwise(words))
        if len(set(words)) < count or not self._pairs.isdisjoint(pairs):
            return []
        self._pairs |= pairs
        self._drawn.update(word for word in words if word.isalpha())
        return words

    def _invented(self) -> str:
        """A word that can be spoken, and that nobody knows."""
        while True:
            syllables = (
                self.random.choice(_CONSONANTS) + self.random.choice(_VOWELS)
                for _ in range(self.random.randrange(2, 5))
            )
            word = "".join(syllables)
            if word not in _MEANT and not any(name in word for name in NAMES):
                return word

    def hold(self, text: str) -> bool:
        """Whether this text contains a word of a text that was drawn."""
        return holds(text, self._drawn)

    def concern(self, line: str) -> bool:
        """Whether a line has a name or a word in it that was drawn: else it is no answer to anything that was said."""
        return self.hold(line) or any(name in line for name in self.names_drawn)

    def form_of(self, line: str) -> Message:
        """A line that a student's program sent, with the nicknames, texts and numbers in it as values: its form is the rest."""
        return form_of(line, self._drawn)


def holds(text: str, words: Collection[str]) -> bool:
    """Whether a text contains one of these words."""
    return any(word in words for word in re.findall(r"[^\W\d_]+", text.lower()))


def form_of(line: str, words: Collection[str] = WORDS) -> Message:
    """A line of a student's program, with nicknames, numbers and texts of these words as values.

    A line of more than 120 characters is a value as a whole.
    """
    if len(line) > _LONGEST_FORM:
        return Message("{line}", line=line)
    used = sorted(set(words).intersection(re.findall(r"[a-z]+", line.lower())))
    said = rf"\b(?i:{'|'.join(used)})\b" if used else r"(?!)"
    ours = (
        # the rest of a word may stand before it
        rf"(?P<text>(?:(?:\b\w|\ufffd+) )?(?:\d+ )?{said}(?: (?:{said}|\d+\b))*[!?]?|\ufffd+)"
        rf"|(?P<nick>\b(?i:{'|'.join(NAMES)})(?:\d+|[^\x00-\x7f])?(?!\w))"
        rf"|{NUMBER.pattern}"
    )
    return Message.parted(line, re.compile(ours))
