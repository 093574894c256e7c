"""What failures of several students have in common: their sentences in pieces, open where the values differ.

Two failures are alike if they are of one kind: if the templates of their messages are equal. Pure: data in, texts out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

Signature = tuple[tuple[str, ...], ...]  # equal in all failures that are alike

OPEN = "\u2026"  # stands for what varies
_LONGEST = 1_000  # signs of a template that are looked at, half of them at its end
_LONGEST_SHOWN = 80  # signs of a value
_NICKNAME, _WHERE_IT_WAITS = "nick", "where_it_waits"  # names of values
_QUOTES = "\"'"


@dataclass(frozen=True)
class Sentence:
    """A sentence in pieces: those at even places make it what it is, those between them are values."""

    pieces: tuple[str, ...]

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Sentence:
        """Part a message of a report; where a program waits is left out, it only tells the place."""
        pieces = _pieces(message)
        pieces[::2] = map(_shortened, pieces[::2])
        return cls(tuple(pieces))

    @property
    def fixed(self) -> tuple[str, ...]:
        """The pieces that are equal in all sentences of this kind."""
        return self.pieces[::2]

    def meet(self, other: Sentence) -> Sentence:
        """The sentence that says what both say, open where they differ; both must be of one kind."""
        pairs = zip(self.pieces, other.pieces, strict=True)
        return Sentence(tuple(ours if ours == theirs else _opened(ours, theirs) for ours, theirs in pairs))

    def __str__(self) -> str:
        return "".join(self.pieces)


def _pieces(message: Mapping[str, Any]) -> list[str]:
    """What stands in the template and the values, in turn; a message among the values has pieces of its own."""
    pieces = [""]
    for text, name, _, _ in Formatter().parse(message["template"]):
        pieces[-1] += text
        if name is None or name == _WHERE_IT_WAITS:
            continue
        value = message["values"][name]
        first, *others = _pieces(value) if isinstance(value, Mapping) else ("", _shown(name, str(value)), "")
        pieces[-1] += first
        pieces += others
    return pieces


def _shortened(text: str) -> str:
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} {OPEN} {text[-half:]}"


def _shown(name: str, value: str) -> str:
    """What stands for a value: a nickname says nothing to those who were not there."""
    if name.rstrip("0123456789").endswith(_NICKNAME):
        return "somebody"
    return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}{OPEN}{value[-1]}"


def _opened(*values: str) -> str:
    """What stands for two values that differ: quotes around both stay."""
    around = {value[0] if len(value) > 1 and value[0] == value[-1] and value[0] in _QUOTES else "" for value in values}
    quote = around.pop() if len(around) == 1 else ""
    return f"{quote}{OPEN}{quote}"


@dataclass(frozen=True)
class Symptom:
    """What a failure shows: what happened, what was seen, and what it probably means (may be empty)."""

    happened: Sentence
    seen: Sentence
    hint: Sentence

    @classmethod
    def of(cls, check: Mapping[str, Any], *, judged: bool = False) -> Symptom:
        """The symptom of a failed check of a report; where a person has `judged`, only her comment counts."""
        if judged:
            return cls(*(Sentence((said,)) for said in ("judged by a person", "", check["hint"])))
        return cls(*(Sentence.of(check["messages"][name]) for name in ("summary", "observed", "hint")))

    @property
    def kind(self) -> Signature:
        """What makes it the symptom that it is."""
        return (self.happened.fixed, self.seen.fixed, self.hint.fixed)

    def meet(self, other: Symptom) -> Symptom:
        """What two failures that are alike have in common."""
        return Symptom(self.happened.meet(other.happened), self.seen.meet(other.seen), self.hint.meet(other.hint))
