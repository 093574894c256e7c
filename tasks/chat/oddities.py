"""Names and texts of every shape that people give themselves and type, drawn by the run's seed."""

from __future__ import annotations

import string
from random import Random


def odd_names(random: Random) -> list[str]:
    """A single letter, a number, and words with all kinds of signs in them."""
    letters = random.sample(string.ascii_letters, 6)
    return [
        letters[0],
        str(random.randrange(2, 10_000)),
        f"{letters[1]}'{letters[2]}-{random.randrange(10)}",
        f"{letters[3]}.{letters[4]}_{letters[5].upper()}",
        f"{{{letters[2]}}}%s",
    ]


def odd_texts(random: Random, name: str) -> list[str]:
    """A letter, a number, signs only, a text with the form of a message, a name, one that is long, and one with double blanks.

    `name` is somebody's. One of them comes twice: people repeat themselves.
    """
    letter, other = random.sample(string.ascii_letters, 2)
    signs = "".join(random.sample("?!.,;:+-*=#%&@$~^|<>()[]{}", 5))
    texts = [
        letter,
        str(random.randrange(10)),
        signs,
        f"{letter}: {other}",
        name,
        f"{name}: {other}{letter}",
        "".join(random.choices(string.ascii_lowercase, k=random.randrange(200, 400))),
        f"{letter}  {other}",
    ]
    random.shuffle(texts)
    return [*texts, texts[random.randrange(len(texts))]]
